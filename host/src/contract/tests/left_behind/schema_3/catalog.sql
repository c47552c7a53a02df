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
INSERT INTO "aliases" VALUES('whole','live','1','points to one',2,0.125,'d0078cc0-6265-4130-b15b-a3d85cccea7d');
INSERT INTO "aliases" VALUES('whole','next','3','',NULL,NULL,'8bb1e47d-0971-4358-9145-6be498f2c305');
CREATE TABLE attachments (
        function  TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        -- '$LATEST' for the function itself, the number of a version, or the name of an alias.
        qualifier TEXT NOT NULL,
        -- A JSON object.
        attached  TEXT NOT NULL,
        PRIMARY KEY (function, qualifier)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "attachments" VALUES('whole','$LATEST','{"event_invoke":{"last_modified":{"secs_since_epoch":1796000083,"nanos_since_epoch":784000000},"retries_max":1,"age_seconds_max":null,"on_success":null,"on_failure":"arn:aws:sns:us-east-1:123456789012:topic"},"provisioned":null,"policy":[{"id":"account","shown":{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"account"}},{"id":"service","shown":{"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"AWS:SourceAccount":"123456789012","lambda:EventSourceToken":"token"}},"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"service"}},{"id":"role","shown":{"Action":"lambda:GetFunction","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-0123456789"}},"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"role"}},{"id":"everybody","shown":{"Action":"lambda:InvokeFunctionUrl","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}},"Effect":"Allow","Principal":"*","Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole","Sid":"everybody"}}],"policy_revision":"a162a5e0-f8d9-4faa-8242-90abbd3caa42","url":{"id":"mic2aggfh1qmkvk7vgyaxcqhf134tn8g","auth_type":"AWS_IAM","invoke_mode":"RESPONSE_STREAM","cors":{"allow_credentials":true,"allow_headers":null,"allow_methods":null,"allow_origins":["https://example.com"],"expose_headers":null,"max_age_seconds":60},"created":{"secs_since_epoch":1796000083,"nanos_since_epoch":765061174},"last_modified":{"secs_since_epoch":1796000083,"nanos_since_epoch":765061174}},"runtime_updates":{"update_on":"FunctionUpdate","version_arn":null}}');
INSERT INTO "attachments" VALUES('whole','2','{"event_invoke":{"last_modified":{"secs_since_epoch":1796000083,"nanos_since_epoch":800000000},"retries_max":null,"age_seconds_max":60,"on_success":null,"on_failure":null},"provisioned":null,"policy":[],"policy_revision":null,"url":null,"runtime_updates":null}');
INSERT INTO "attachments" VALUES('whole','live','{"event_invoke":null,"provisioned":{"requested":3,"last_modified":{"secs_since_epoch":1796000083,"nanos_since_epoch":864000000}},"policy":[{"id":"account","shown":{"Action":"lambda:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"account"}},{"id":"service","shown":{"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"AWS:SourceAccount":"123456789012","lambda:EventSourceToken":"token"}},"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"service"}},{"id":"role","shown":{"Action":"lambda:GetFunction","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-0123456789"}},"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},"Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"role"}},{"id":"everybody","shown":{"Action":"lambda:InvokeFunctionUrl","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}},"Effect":"Allow","Principal":"*","Resource":"arn:aws:lambda:us-east-1:123456789012:function:whole:live","Sid":"everybody"}}],"policy_revision":"d0078cc0-6265-4130-b15b-a3d85cccea7d","url":{"id":"dwauu20392xf67w8bt6kr6ijr5l1dsg8","auth_type":"NONE","invoke_mode":null,"cors":null,"created":{"secs_since_epoch":1796000083,"nanos_since_epoch":770100818},"last_modified":{"secs_since_epoch":1796000083,"nanos_since_epoch":770100818}},"runtime_updates":null}');
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
INSERT INTO "functions" VALUES('tenants',1,'shown','{}',NULL,NULL,'Terminate');
INSERT INTO "functions" VALUES('whole',4,'shown','{"stage":"","team":"a 😀"}','{"number":3,"latest_description":"with snapshots"}',50,'Allow');
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
        last_modified_ms        INTEGER NOT NULL, reuse INTEGER NOT NULL DEFAULT 0, snapshot TEXT,
        PRIMARY KEY (function, version, copy)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "versions" VALUES('plain','$LATEST','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"","timeout_seconds":3,"memory_mb":128,"environment":null,"architecture":"x86_64","ephemeral_storage_mb":512,"tracing_mode":"PassThrough","logging":{"format":"Text","application_level":null,"system_level":null,"group":"/aws/lambda/plain"},"dead_letter_target":null,"snap_start":"None","tenancy":"Shared"}','730d95f22d4282d06f2b09ff755bd9dd8716c87453a2ab29021451e948238b0b',1624,'730d95f22d4282d06f2b09ff755bd9dd8716c87453a2ab29021451e948238b0b','Active',NULL,NULL,'Successful',NULL,NULL,'49a5c18e-00a5-438c-88c6-bd5b745948dc',1796000084103,0,NULL);
INSERT INTO "versions" VALUES('tenants','$LATEST','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"","timeout_seconds":3,"memory_mb":128,"environment":null,"architecture":"x86_64","ephemeral_storage_mb":512,"tracing_mode":"PassThrough","logging":{"format":"Text","application_level":null,"system_level":null,"group":"/aws/lambda/tenants"},"dead_letter_target":null,"snap_start":"None","tenancy":"PerTenant"}','9d9c039a784ba3d9cef6614a96ac34ca62ac22ff02ccfe127864b7f8606e8751',1620,'9d9c039a784ba3d9cef6614a96ac34ca62ac22ff02ccfe127864b7f8606e8751','Active',NULL,NULL,'Successful',NULL,NULL,'f535206a-b047-4ff0-8f98-69aa1ca62dd2',1796000082677,0,NULL);
INSERT INTO "versions" VALUES('whole','$LATEST','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"with snapshots","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"mine"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"PublishedVersions","tenancy":"Shared"}','3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273',1625,'3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273','Active',NULL,NULL,'Successful',NULL,NULL,'a162a5e0-f8d9-4faa-8242-90abbd3caa42',1796000083128,0,NULL);
INSERT INTO "versions" VALUES('whole','1','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"first","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"mine"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"None","tenancy":"Shared"}','f1f31c7e96fbe44744556596b1f0cc121c4cb6c360c1723e902d982b4644b58b',1625,'f1f31c7e96fbe44744556596b1f0cc121c4cb6c360c1723e902d982b4644b58b','Active',NULL,NULL,'Successful',NULL,NULL,'c9386ad2-6cc7-4fcb-bd2c-d9bc7f8f756a',1796000082841,0,NULL);
INSERT INTO "versions" VALUES('whole','2','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"All that can be set","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"mine"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"None","tenancy":"Shared"}','3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273',1625,'3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273','Active',NULL,NULL,'Successful',NULL,NULL,'86ce84dd-8ce9-4068-bb74-c4e96e863740',1796000082987,0,NULL);
INSERT INTO "versions" VALUES('whole','3','shown','{"role":"arn:aws:iam::123456789012:role/r","runtime":"provided.al2023","handler":"bootstrap","description":"with snapshots","timeout_seconds":900,"memory_mb":1024,"environment":{"GREETING":"Grüezi","SPARKLER_REUSE":"7"},"architecture":"arm64","ephemeral_storage_mb":1024,"tracing_mode":"Active","logging":{"format":"JSON","application_level":"DEBUG","system_level":"WARN","group":"mine"},"dead_letter_target":"arn:aws:sqs:us-east-1:123456789012:dead","snap_start":"PublishedVersions","tenancy":"Shared"}','3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273',1625,'3a13ac275f76344c10774b9afc47b0717077cb838e978409f068610530014273','Active',NULL,NULL,'Successful',NULL,NULL,'70f0b143-1b70-4a2d-8d10-dd24b35524ba',1796000083128,0,'{"Taken":{"package":[152,56,210,236,117,177,211,64,197,182,135,6,87,219,104,249,111,123,249,76,221,133,35,109,67,200,82,129,33,211,39,92],"package_bytes":1631,"component":[152,56,210,236,117,177,211,64,197,182,135,6,87,219,104,249,111,123,249,76,221,133,35,109,67,200,82,129,33,211,39,92],"reuse":0}}');
