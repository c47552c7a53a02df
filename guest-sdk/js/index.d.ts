/** A function: takes the event, answers with anything that JSON can say. */
export type Handler<Event = any, Answer = any> = (
  event: Event,
  context: Context,
) => Answer | Promise<Answer>;

/** What a handler is told about its invocation, as AWS Lambda's Node.js tells it. */
export interface Context {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  /** Text, as in AWS: `"128"`. */
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** What the caller sent as client context. */
  readonly clientContext?: any;
  /** Always absent: Sparkler has no Cognito. */
  readonly identity?: undefined;
  /** The tenant that the caller named, for functions with tenant isolation. */
  readonly tenantId?: string;
  callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}
