//! Hosts that share what they work on.

use super::super::*;
use super::host::{Host, name};

#[tokio::test]
async fn a_package_stays_that_a_function_of_another_account_has() {
    let other = Account {
        id: "999999999999".into(),
        ..Account::default()
    };
    let [host, neighbour] = Host::sharing([Account::default(), other]).await;
    for host in [&host, &neighbour] {
        host.create("shared").await.expect("created");
        host.settled().await;
    }
    host.deployer.recover().await.expect("recovered");
    assert!(host.stores("shared"));
    host.deployer.delete(&name()).await.expect("deleted");
    assert!(neighbour.stores("shared"));
    neighbour.deployer.delete(&name()).await.expect("deleted");
    neighbour.gone("shared").await;
}
