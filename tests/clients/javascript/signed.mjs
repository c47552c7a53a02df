// A server that asks who calls: every operation of the model with the right key, and AWS's errors with wrong ones.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as sdk from "@aws-sdk/client-lambda";
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const NAME = "js-signed";
const ARN = `arn:aws:lambda:us-east-1:123456789012:function:${NAME}`;
const NOT_BELIEVED = [
  "MissingAuthenticationTokenException", "UnrecognizedClientException", "InvalidSignatureException",
  "IncompleteSignatureException", "ExpiredTokenException", "AccessDeniedException",
];
const echo = readFileSync(process.argv[2]);
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, GUEST_KEY, GUEST_SECRET } = process.env;

/** A client; `sent` counts its requests, those that it repeats included. */
function other(Client, credentials, settings = {}) {
  const client = new Client({ credentials, ...settings });
  client.sent = 0;
  const count = (next) => (request) => (client.sent++, next(request));
  client.middlewareStack.add(count, { step: "finalizeRequest", priority: "low", name: "count" });
  return client;
}

async function refused(client, command) {
  const before = client.sent;
  const error = await client.send(command).then(() => null, (error) => error);
  return { name: error?.name, message: error?.message, sent: client.sent - before };
}

const admin = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
const aws = other(sdk.LambdaClient, admin, { maxAttempts: 1 });
const invoke = (name = NAME, more = {}) => new sdk.InvokeCommand({ FunctionName: name, ...more });
await aws.send(new sdk.CreateFunctionCommand({
  FunctionName: NAME, Runtime: "provided.al2023", Handler: "handler", Code: { ZipFile: echo },
  Role: "arn:aws:iam::123456789012:role/tests",
}));
await sdk.waitUntilFunctionActiveV2({ client: aws, maxWaitTime: 60 }, { FunctionName: NAME });

// What is in a path is encoded, also where it is an ARN with a qualifier.
for (const name of [NAME, ARN, `${ARN}:$LATEST`]) {
  const answer = await aws.send(invoke(name, { Payload: '{"n":"ü"}' }));
  assert.deepEqual(JSON.parse(answer.Payload.transformToString()), { n: "ü" });
}
assert.equal((await aws.send(invoke(NAME, { Payload: `"${"x".repeat(3_000_000)}"` }))).StatusCode, 200);
const streamed = await aws.send(new sdk.InvokeWithResponseStreamCommand({ FunctionName: NAME, Payload: "7" }));
let body = "";
for await (const event of streamed.EventStream) {
  body += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
}
assert.equal(body, "7");
for await (const page of sdk.paginateListFunctions({ client: aws, pageSize: 1 }, {})) {
  assert(page.Functions.length > 0);
}

// The SDK knows the shape of each operation, and sends a member of each that must be there.
const TEXTS = { FunctionName: NAME, Resource: ARN, ResourceArn: ARN, Name: "no such+name", Qualifier: "7" };
const [STRUCTURE, LIST, MAP] = [3, 1, 2];

function value(name, schema, depth = 0) {
  const plain = typeof schema === "function" ? schema() : schema;
  if (Array.isArray(plain) && plain[0] === STRUCTURE) {
    const required = plain[4].slice(0, plain[6] ?? 0);
    return Object.fromEntries(required.map((key, at) => [key, value(key, plain[5][at], depth + 1)]));
  }
  if (Array.isArray(plain) && (plain[0] === LIST || plain[0] === MAP) && typeof plain[1] === "string") {
    return plain[0] === LIST ? [value(name, plain[4], depth + 1)] : { a: "x" };
  }
  if (Array.isArray(plain)) {
    return value(name, plain[0], depth);
  }
  // What is left are numbers: a kind of value, or a list (64) or a map (128) of one.
  const kinds = new Map([[1, 1], [2, false], [4, new Date(0)], [21, new Uint8Array(2)], [42, new Uint8Array(2)],
    [64, ["x"]], [128, { a: "x" }]]);
  return kinds.get(plain) ?? TEXTS[name] ?? "x";
}

let tried = 0;
for (const [operation, Command] of Object.entries(sdk)) {
  const schema = sdk[`${operation.replace(/Command$/, "")}$`];
  if (!operation.endsWith("Command") || !schema || /^(Create|Delete)FunctionCommand$/.test(operation)) continue;
  const told = await refused(aws, new Command(value("", schema[4])));
  assert(!NOT_BELIEVED.includes(told.name) && !/is not authorized/.test(told.message), `${operation}: ${told.message}`);
  assert.equal(told.sent, 1, `${operation}: ${told.message}`);
  tried += 1;
}
assert(tried > 80, `${tried} operations`);

const logs = other(CloudWatchLogsClient, admin);
assert((await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${NAME}` }))).events);
assert.equal((await other(STSClient, admin).send(new GetCallerIdentityCommand({}))).Account, "123456789012");

// Who is not believed is told why, once: none of it is worth another try.
const wrong = [
  [{ ...admin, secretAccessKey: "another-secret" }, {}, "InvalidSignatureException", /does not match the signature you/],
  [{ ...admin, accessKeyId: "SPKLNOBODY0000000001" }, {}, "UnrecognizedClientException", /token included in the request/],
  [{ ...admin, sessionToken: "token" }, {}, "UnrecognizedClientException", /token included in the request is invalid/],
  [admin, { region: "eu-west-1" }, "InvalidSignatureException", /a valid region, not 'eu-west-1'/],
];
for (const [credentials, settings, name, words] of wrong) {
  for (const command of [new sdk.ListFunctionsCommand({}), invoke()]) {
    const told = await refused(other(sdk.LambdaClient, credentials, settings), command);
    assert.equal(told.name, name);
    assert.match(told.message, words);
    assert.equal(told.sent, 1);
  }
}
// A clock that is wrong is set by the server's, and the request sent again with the right time.
const late = other(sdk.LambdaClient, admin, { systemClockOffset: -3_600_000 });
assert.equal((await late.send(invoke())).StatusCode, 200);
assert.equal(late.sent, 2);
const forged = other(CloudWatchLogsClient, wrong[0][0]);
assert.equal((await refused(forged, new DescribeLogGroupsCommand({}))).name, "InvalidSignatureException");

const guest = other(sdk.LambdaClient, { accessKeyId: GUEST_KEY, secretAccessKey: GUEST_SECRET });
assert.equal((await guest.send(invoke())).StatusCode, 200);
assert.equal((await guest.send(invoke(NAME, { InvocationType: "DryRun" }))).StatusCode, 204);
const denied = await refused(guest, new sdk.DeleteFunctionCommand({ FunctionName: NAME }));
assert.deepEqual(denied, {
  name: "AccessDeniedException",
  message: "User: arn:aws:iam::123456789012:user/guest is not authorized to perform: lambda:DeleteFunction on "
    + `resource: ${ARN} because no identity-based policy allows the lambda:DeleteFunction action`,
  sent: 1,
});
assert.equal((await refused(guest, invoke("other"))).name, "AccessDeniedException");
const role = new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/nobody", RoleSessionName: "tests" });
assert.equal((await refused(other(STSClient, admin), role)).name, "AccessDenied");
