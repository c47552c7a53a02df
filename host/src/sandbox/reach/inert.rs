//! Interfaces that programs are linked against whether or not they use them, as the engine has them: a guest may exit,
//! has no terminal, and its sockets reach nobody.

use wasmtime::component::Linker;
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::p2::bindings::{cli, sockets};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use super::names::Provided;
use super::part::{Called, InSnapshot, Part, Reaches};
use super::shared::Shared;

/// What the engine keeps for them, made at the first call: most guests make none.
pub(in crate::sandbox) struct Inert(Option<Box<WasiCtx>>);

impl Part for Inert {
    type Host = ();
    const TITLE: &'static str = "exit; terminals and sockets, which reach nothing";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:cli/exit"),
        Provided::wasi("wasi:cli/terminal-input"),
        Provided::wasi("wasi:cli/terminal-output"),
        Provided::wasi("wasi:cli/terminal-stderr"),
        Provided::wasi("wasi:cli/terminal-stdin"),
        Provided::wasi("wasi:cli/terminal-stdout"),
        Provided::wasi("wasi:sockets/instance-network"),
        Provided::wasi("wasi:sockets/ip-name-lookup"),
        Provided::wasi("wasi:sockets/network"),
        Provided::wasi("wasi:sockets/tcp"),
        Provided::wasi("wasi:sockets/tcp-create-socket"),
        Provided::wasi("wasi:sockets/udp"),
        Provided::wasi("wasi:sockets/udp-create-socket"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self(None)
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        cli::exit::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        cli::terminal_input::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        cli::terminal_output::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, of_cli)?;
        let options = sockets::network::LinkOptions::default();
        sockets::network::add_to_linker::<T, WasiSockets>(linker, &options, of_sockets)?;
        sockets::instance_network::add_to_linker::<T, WasiSockets>(linker, of_sockets)?;
        sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, of_sockets)?;
        sockets::tcp::add_to_linker::<T, WasiSockets>(linker, of_sockets)?;
        sockets::tcp_create_socket::add_to_linker::<T, WasiSockets>(linker, of_sockets)?;
        sockets::udp::add_to_linker::<T, WasiSockets>(linker, of_sockets)?;
        sockets::udp_create_socket::add_to_linker::<T, WasiSockets>(linker, of_sockets)
    }
}

impl Inert {
    fn engines(&mut self) -> &mut WasiCtx {
        let made = || Box::new(WasiCtxBuilder::new().build());
        self.0.get_or_insert_with(made)
    }
}

fn of_cli<T: Reaches<Inert>>(state: &mut T) -> WasiCliCtxView<'_> {
    let Called { part, shared, .. } = state.called();
    WasiCliCtxView {
        ctx: part.engines().cli(),
        table: shared.table.lend(),
    }
}

fn of_sockets<T: Reaches<Inert>>(state: &mut T) -> WasiSocketsCtxView<'_> {
    let Called { part, shared, .. } = state.called();
    WasiSocketsCtxView {
        ctx: part.engines().sockets(),
        table: shared.table.lend(),
    }
}
