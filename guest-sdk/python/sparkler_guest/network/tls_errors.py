"""The exceptions of `ssl`, where both its module and what is below it can have them."""


class SSLError(OSError):
    """Something that encryption does not let be."""

    library = "SSL"
    reason = "HOST"

    def __str__(self):
        return str(self.strerror) if self.strerror else str(self.args)


class SSLZeroReturnError(SSLError):
    """The connection was closed in order."""


class SSLWantReadError(SSLError):
    """Something has to be received first."""


class SSLWantWriteError(SSLError):
    """Something has to be sent first."""


class SSLSyscallError(SSLError):
    """The system failed."""


class SSLEOFError(SSLError):
    """The connection ended in between."""


class SSLCertVerificationError(SSLError, ValueError):
    """A certificate that is not accepted."""

    verify_code = 0

    @property
    def verify_message(self):
        """Why it is not."""
        return str(self.strerror)


for _error in (
    SSLError, SSLZeroReturnError, SSLWantReadError, SSLWantWriteError, SSLSyscallError, SSLEOFError,
    SSLCertVerificationError,
):  # fmt: skip
    _error.__module__ = "ssl"
