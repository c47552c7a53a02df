// Writes to its log, and tells what it knows of its invocation.

export async function handler(event, context) {
  console.log("to stdout: grüße, 世界");
  console.error("to stderr:", { attempt: 1 });
  console.debug("several\nlines");
  return {
    awsRequestId: context.awsRequestId,
    functionName: context.functionName,
    functionVersion: context.functionVersion,
    invokedFunctionArn: context.invokedFunctionArn,
    memoryLimitInMB: context.memoryLimitInMB,
    logGroupName: context.logGroupName,
    logStreamName: context.logStreamName,
    clientContext: context.clientContext ?? null,
    tenantId: context.tenantId ?? null,
    hasTimeLeft: context.getRemainingTimeInMillis() > 0,
    region: process.env.AWS_REGION,
    greeting: process.env.GREETING ?? null,
  };
}
