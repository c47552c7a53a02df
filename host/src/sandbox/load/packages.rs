//! Packages of sources, for the guests that read them at `/var/task`.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Weak};

use tokio::runtime::Handle;

use crate::deployer::ComponentSource;
use crate::domain::{Code, Digest, Lock};
use crate::limits::SOURCES_KEPT_BYTES_MAX;
use crate::package::Sources;
use crate::sandbox::reach::files::Mount;

/// Packages that are in memory.
pub(in crate::sandbox) struct Packages {
    components: Arc<dyn ComponentSource>,
    /// Where waiting for one blocks nobody.
    elsewhere: Handle,
    kept: Lock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// All that somebody has.
    in_use: HashMap<Digest, Weak<Sources>>,
    /// Those that were asked for last, so that they stay for those who ask next.
    last: VecDeque<(Digest, Arc<Sources>)>,
}

impl Packages {
    pub(in crate::sandbox) fn new(
        components: Arc<dyn ComponentSource>,
        elsewhere: Handle,
    ) -> Arc<Self> {
        Arc::new(Self {
            components,
            elsewhere,
            kept: Lock::default(),
        })
    }

    /// What a guest of this code finds at `/var/task`; `None` where it is no sources. Nothing is read before it is
    /// looked at.
    pub(in crate::sandbox) fn mount(self: &Arc<Self>, code: &Code) -> Option<Arc<Mount>> {
        if !code.is_sources() {
            return None;
        }
        let (packages, code) = (Arc::clone(self), code.clone());
        Some(Arc::new(Mount::task_from(move || packages.sources(&code))))
    }

    /// The files of a package. Blocks.
    fn sources(&self, code: &Code) -> io::Result<Arc<Sources>> {
        if let Some(sources) = self.kept.lock().get(code.package) {
            return Ok(sources);
        }
        let package = self.elsewhere.block_on(self.components.component(code));
        let package = package.map_err(|error| io::Error::other(error.to_string()))?;
        let sources = Sources::open(package).map_err(io::Error::other)?;
        let sources = Arc::new(sources);
        self.kept.lock().put(code.package, &sources);
        Ok(sources)
    }
}

impl Kept {
    fn get(&mut self, package: Digest) -> Option<Arc<Sources>> {
        let sources = self.in_use.get(&package)?.upgrade()?;
        self.note(package, &sources);
        Some(sources)
    }

    fn put(&mut self, package: Digest, sources: &Arc<Sources>) {
        self.in_use.retain(|_, sources| sources.strong_count() > 0);
        self.in_use.insert(package, Arc::downgrade(sources));
        self.note(package, sources);
    }

    /// It was asked for last; those that were asked for longest ago give way.
    fn note(&mut self, package: Digest, sources: &Arc<Sources>) {
        self.last.retain(|(other, _)| *other != package);
        self.last.push_back((package, Arc::clone(sources)));
        let held = |last: &VecDeque<(Digest, Arc<Sources>)>| -> usize {
            last.iter().map(|(_, sources)| sources.held_bytes()).sum()
        };
        while held(&self.last) > SOURCES_KEPT_BYTES_MAX {
            self.last.pop_front();
        }
    }
}
