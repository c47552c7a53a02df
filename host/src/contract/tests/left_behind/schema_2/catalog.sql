CREATE TABLE aliases (
        function        TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        name            TEXT NOT NULL,
        version         TEXT NOT NULL,
        description     TEXT NOT NULL,
        -- The second version and its share; NULL where there is none.
        routing_version INTEGER,
        routing_weight  REAL,
        revision        TEXT NOT NULL,
        PRIMARY KEY (function, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "aliases" VALUES('whole','live','1','points to one',2,0.125,'3a99e77b-6027-4281-895d-2612ea3066a7');
INSERT INTO "aliases" VALUES('whole','next','3','',NULL,NULL,'ea2e7c4d-6237-4b94-9af4-ad1b68f8b311');
CREATE TABLE attachments (
        function  TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        -- '$LATEST' for the function itself, the number of a version, or the name of an alias.
        qualifier TEXT NOT NULL,
        -- A JSON object.
        attached  TEXT NOT NULL,
        PRIMARY KEY (function, qualifier)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "attachments" VALUES('whole','$LATEST','{"event_invoke":{"last_modified":{"secs_since_epoch":1796038322,"nanos_since_epoch":751000000},"retries_max":1,"age_seconds_max":null,"on_success":null,"on_failure":"arn:aws:sns:us-east-1:123456789012:topic"},"provisioned":null,"policy":[{"id":"account","shown":{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"account"}},{"id":"url","shown":{"Action":"lambda:InvokeFunctionUrl","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}},"Effect":"Allow","Principal":"*","Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"url"}}],"policy_revision":"7e62b997-e1e9-4286-bf03-66161e84e0aa","url":{"id":"jen9y5c2tkpcp62rry2cqua9u9vxyprq","auth_type":"NONE","invoke_mode":"RESPONSE_STREAM","cors":{"allow_credentials":true,"allow_headers":null,"allow_methods":["GET"],"allow_origins":["https://a.example"],"expose_headers":null,"max_age_seconds":60},"created":{"secs_since_epoch":1796038322,"nanos_since_epoch":746648238},"last_modified":{"secs_since_epoch":1796038322,"nanos_since_epoch":746648238}},"runtime_updates":{"update_on":"FunctionUpdate","version_arn":null}}');
INSERT INTO "attachments" VALUES('whole','2','{"event_invoke":{"last_modified":{"secs_since_epoch":1796038322,"nanos_since_epoch":753000000},"retries_max":null,"age_seconds_max":60,"on_success":null,"on_failure":null},"provisioned":null,"policy":[],"policy_revision":null,"url":null,"runtime_updates":null}');
INSERT INTO "attachments" VALUES('whole','live','{"event_invoke":null,"provisioned":{"requested":3,"last_modified":{"secs_since_epoch":1796038322,"nanos_since_epoch":762000000}},"policy":[{"id":"account","shown":{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"account"}},{"id":"s3","shown":{"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"AWS:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"s3"}}],"policy_revision":"3a99e77b-6027-4281-895d-2612ea3066a7","url":null,"runtime_updates":null}');
CREATE TABLE functions (
        name         TEXT NOT NULL PRIMARY KEY,
        -- The number that the next published version gets: numbers are never used twice.
        next_version INTEGER NOT NULL DEFAULT 1,
        -- What an invocation of $LATEST runs: 'nothing', 'shown' (the copy that is shown), or
        -- 'kept' (the copy from before an update that goes on or has failed).
        runs         TEXT NOT NULL CHECK (runs IN ('nothing', 'shown', 'kept')),
        -- A JSON object of strings.
        tags         TEXT NOT NULL
    , last_publication TEXT, reserved_concurrency INTEGER, recursive_loop TEXT NOT NULL DEFAULT 'Terminate'
        CHECK (recursive_loop IN ('Allow', 'Terminate'))) STRICT, WITHOUT ROWID;
INSERT INTO "functions" VALUES('plain',1,'shown','{}',NULL,NULL,'Terminate');
INSERT INTO "functions" VALUES('whole',4,'shown','{"stage":"","team":"a 😀"}','{"number":3,"latest_description":"with snapshots"}',5,'Allow');
CREATE TABLE versions (
        function                TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        -- '$LATEST', or the number of a published version.
        version                 TEXT NOT NULL,
        -- 'shown', or 'kept' for what still runs of $LATEST while another copy is shown.
        copy                    TEXT NOT NULL CHECK (copy IN ('shown', 'kept')),
        -- A JSON object.
        settings                TEXT NOT NULL,
        -- SHA-256 in hexadecimal.
        package                 TEXT NOT NULL,
        package_bytes           INTEGER NOT NULL,
        component               TEXT NOT NULL,
        state                   TEXT NOT NULL CHECK (state IN ('Pending', 'Active', 'Failed')),
        state_reason            TEXT,
        state_reason_code       TEXT,
        -- NULL until the function was first made ready, or could not be.
        last_update             TEXT CHECK (last_update IN ('Successful', 'InProgress', 'Failed')),
        last_update_reason      TEXT,
        last_update_reason_code TEXT,
        revision                TEXT NOT NULL,
        -- Unix time.
        last_modified_ms        INTEGER NOT NULL, reuse INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (function, version, copy)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "versions" VALUES('plain','$LATEST','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"","timeout_seconds":3,"memory_mb":128,"environment":null,"architecture":"x86_64","ephemeral_storage_mb":512,"tracing_mode":"PassThrough","logging":{"format":"Text","application_level":null,"system_level":null,"group":"/aws/lambda/plain"},"dead_letter_target":null,"snap_start":"None","tenancy":"Shared"}','be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9',9,'be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9','Active',NULL,NULL,'Successful',NULL,NULL,'801cae8d-e784-43d1-9c36-fdeec1fe7161',1796038322590,0);
INSERT INTO "versions" VALUES('whole','$LATEST','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"with snapshots","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"/aws/lambda/other"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"PublishedVersions","tenancy":"Shared"}','be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9',9,'be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9','Active',NULL,NULL,'Successful',NULL,NULL,'7e62b997-e1e9-4286-bf03-66161e84e0aa',1796038322664,0);
INSERT INTO "versions" VALUES('whole','1','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"All that can be set","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"/aws/lambda/other"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"None","tenancy":"Shared"}','be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9',9,'be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9','Active',NULL,NULL,'Successful',NULL,NULL,'05f06c4f-93b4-49ad-a991-0285ff6fc855',1796038322599,0);
INSERT INTO "versions" VALUES('whole','2','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"the second","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"/aws/lambda/other"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"None","tenancy":"Shared"}','be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9',9,'be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9','Active',NULL,NULL,'Successful',NULL,NULL,'e25edf34-3b5b-40c8-b6e3-eefd6c213313',1796038322603,0);
INSERT INTO "versions" VALUES('whole','3','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"with snapshots","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"/aws/lambda/other"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"PublishedVersions","tenancy":"Shared"}','be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9',9,'be731a0a630a7915f55532be8516887233b29c13da607547ec4a5c6ab897b0d9','Active',NULL,NULL,'Successful',NULL,NULL,'7119f317-8590-4406-91e0-4ab2af0ee429',1796038322664,0);
