//! What older hosts kept, as it is kept now.

use rusqlite::{Connection, Transaction};

use super::state::write;
use super::tables;
use crate::catalog::commit::Before;
use crate::catalog::functions::Functions;
use crate::catalog::journal::Revision;
use crate::catalog::parts::Kept;
use crate::domain::{Account, AccountId, FunctionRecord};

/// The revision of what is carried over.
const CARRIED: Revision = Revision(1);

/// Carries over what the tables of the first three schemas hold, and drops them. Whose it is they do not say: see
/// [`to_account`].
pub(super) fn from_tables(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let records = tables::load(transaction)?;
    write_all(transaction, &Account::default().owner(), records)?;
    transaction.execute_batch(
        "DROP TABLE attachments; DROP TABLE aliases; DROP TABLE versions; DROP TABLE functions;",
    )
}

/// Writes functions as if each had just been made.
fn write_all(
    transaction: &Transaction<'_>,
    account: &AccountId,
    records: Vec<FunctionRecord>,
) -> rusqlite::Result<()> {
    let mut functions = Functions::default();
    for record in records {
        let name = record.latest.function.clone();
        let before = Before::of(&functions, &name);
        let commit = before.commit(account, &name, Some(&record), &functions);
        let commit = commit.map_err(|refusal| {
            rusqlite::Error::ToSqlConversionFailure(refusal.to_string().into())
        })?;
        for put in commit.into_iter().flat_map(|commit| commit.puts) {
            write(transaction, &put, CARRIED)?;
        }
        functions.put(Kept {
            record: record.into(),
            revision: CARRIED,
        });
    }
    Ok(())
}

/// Has what there is of one account be that of `account`: a host that plays one account has what is in its data
/// directory, whatever it was called before. Where there are several, each stays whose it is.
pub(super) fn to_account(connection: &Connection, account: &AccountId) -> rusqlite::Result<()> {
    // What was done there is told to whoever has it now.
    connection.execute(
        "UPDATE audit SET account = ?1
         WHERE account = (SELECT min(account) FROM rows WHERE account <> ?1)
             AND (SELECT count(DISTINCT account) FROM rows) = 1",
        [account.as_str()],
    )?;
    connection.execute(
        "UPDATE rows SET account = ?1
         WHERE account <> ?1 AND (SELECT count(DISTINCT account) FROM rows) = 1",
        [account.as_str()],
    )?;
    Ok(())
}
