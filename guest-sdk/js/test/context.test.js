// The context, as AWS's Node.js has it.

import assert from "node:assert/strict";
import test from "node:test";

import { contextOf } from "../runtime/context.js";

const raw = {
  requestId: "id",
  invokedFunctionArn: "arn:x",
  functionVersion: "7",
  deadlineMs: BigInt(Date.now() + 60_000),
  clientContext: '{"custom":{"a":1}}',
  tenantId: "blue",
};
const environment = {
  AWS_LAMBDA_FUNCTION_NAME: "greet",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/greet",
  AWS_LAMBDA_LOG_STREAM_NAME: "stream",
};

test("every member has its name and its form", () => {
  const { getRemainingTimeInMillis, ...members } = contextOf(raw, environment);
  assert.deepEqual(members, {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "greet",
    functionVersion: "7",
    memoryLimitInMB: "128",
    logGroupName: "/aws/lambda/greet",
    logStreamName: "stream",
    awsRequestId: "id",
    invokedFunctionArn: "arn:x",
    clientContext: { custom: { a: 1 } },
    identity: undefined,
    tenantId: "blue",
  });
  const left = getRemainingTimeInMillis();
  assert.ok(left > 0 && left <= 60_000, left);
});

test("no time is left when the deadline has passed, and what was not sent is absent", () => {
  const context = contextOf({ ...raw, deadlineMs: 1n, clientContext: undefined }, environment);
  assert.equal(context.getRemainingTimeInMillis(), 0);
  assert.equal(context.clientContext, undefined);
});
