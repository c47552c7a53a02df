// The context as AWS Lambda's Node.js gives it to a handler.

/** `raw` is the contract's record, `environment` what is fixed for a version of the function. */
export function contextOf(raw, environment) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: raw.functionVersion,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: raw.requestId,
    invokedFunctionArn: raw.invokedFunctionArn,
    clientContext: raw.clientContext ? JSON.parse(raw.clientContext) : undefined,
    identity: undefined,
    tenantId: raw.tenantId,
    getRemainingTimeInMillis: () => Math.max(0, raw.deadlineMs - Date.now()),
  };
}
