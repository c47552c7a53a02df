"""One request and its response, over `wasi:http`."""

import errno

from componentize_py_types import Err
from wit_world.imports import outgoing_handler, streams
from wit_world.imports import wasi_http_types as types

from ..log import is_at_build
from . import failure

_METHODS = {
    "GET": types.Method_Get,
    "HEAD": types.Method_Head,
    "POST": types.Method_Post,
    "PUT": types.Method_Put,
    "DELETE": types.Method_Delete,
    "OPTIONS": types.Method_Options,
    "TRACE": types.Method_Trace,
    "PATCH": types.Method_Patch,
}

# Headers that speak of the connection, which is the host's.
_OF_CONNECTION = {
    "connection", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te", "transfer-encoding", "upgrade",
}  # fmt: skip


class Exchange:
    """A request that is on its way."""

    def __init__(self, head, has_body, origin, connect_timeout):
        if is_at_build():
            raise OSError(
                errno.ENETDOWN,
                f"http request to {origin} denied: none is sent while a function is built; send it in "
                "init() or in the handler",
            )
        self._origin = origin
        self._body = self._output = self._response = self._incoming = self._stream = None
        self._trailers = None
        request = _request(head, origin)
        if has_body:
            self._body = request.body()
            self._output = self._body.write()
        try:
            self._future = outgoing_handler.handle(request, _options(connect_timeout))
        except Err as refused:
            raise failure.of(refused.value, origin) from None

    def room(self):
        """How many bytes of the body it takes now; `None` when it takes no more."""
        try:
            return self._output.check_write()
        except Err:
            return None

    def write(self, piece):
        """Writes a piece of the body for which there is room; says whether it was taken."""
        try:
            self._output.write(piece)
        except Err:
            return False
        return True

    def finish(self, trailers):
        """Ends the body."""
        drop(self._output)
        body, self._body, self._output = self._body, None, None
        try:
            fields = _fields(trailers) if trailers else None
            types.OutgoingBody.finish(body, fields)
        except Err as error:
            raise failure.of(error.value, self._origin) from None

    def response(self):
        """Status and headers of the response; `None` while it is not there."""
        got = self._future.get()
        if got is None:
            return None
        drop(self._future)
        self._future = None
        result = got.value
        if isinstance(result, Err):
            raise failure.of(result.value, self._origin)
        self._response = result.value
        headers = self._response.headers()
        entries = headers.entries()
        drop(headers)
        self._incoming = self._response.consume()
        self._stream = self._incoming.stream()
        return self._response.status(), entries

    def read(self, limit):
        """Bytes of the response's body, none where they are not there yet; `None` at its end."""
        if self._stream is None:
            return None
        try:
            return self._stream.read(limit)
        except Err as end:
            drop(self._stream)
            self._stream = None
            if isinstance(end.value, streams.StreamError_Closed):
                return None
            code = types.http_error_code(end.value.value)
            if code is None:
                raise ConnectionResetError(errno.ECONNRESET, f"{self._origin} ended the response") from None
            raise failure.of(code, self._origin) from None

    def trailers(self):
        """What follows the body; `None` while it is not there."""
        if self._trailers is None:
            body, self._incoming = self._incoming, None
            self._trailers = types.IncomingBody.finish(body)
        got = self._trailers.get()
        if got is None:
            return None
        result = got.value
        if isinstance(result, Err):
            raise failure.of(result.value, self._origin)
        return result.value.entries() if result.value is not None else []

    def pollables(self, want_read, want_write):
        """What becomes ready when there may be something to read, or room to write."""
        found = []
        if want_write and self._output is not None:
            found.append(self._output.subscribe())
        waited_for = self._future or self._stream or self._trailers
        if waited_for is not None and (want_read or self._output is not None):
            found.append(waited_for.subscribe())
        return found

    def close(self):
        """Lets go of it, whatever is still to come."""
        for resource in (
            self._output, self._body, self._future, self._stream, self._trailers, self._incoming,
            self._response,
        ):  # fmt: skip
            if resource is not None:
                drop(resource)
        self._output = self._body = self._future = self._stream = self._trailers = None
        self._incoming = self._response = None


def drop(resource):
    """Gives a resource back to the host."""
    resource.__exit__(None, None, None)


def _request(head, origin):
    entries = [entry for entry in head.headers if entry[0].lower() not in _OF_CONNECTION]
    try:
        request = types.OutgoingRequest(_fields(entries))
        method = _METHODS.get(head.method)
        request.set_method(method() if method else types.Method_Other(head.method))
        request.set_scheme(types.Scheme_Https() if origin.is_secure else types.Scheme_Http())
        request.set_authority(origin.authority)
        request.set_path_with_query(head.target)
    except Err as wrong:
        told = type(wrong.value).__name__ if wrong.value is not None else "its method or target"
        raise OSError(errno.EINVAL, f"the host does not take a request to {origin}: {told}") from None
    return request


def _fields(entries):
    return types.Fields.from_list(entries)


def _options(connect_timeout):
    if connect_timeout is None:
        return None
    options = types.RequestOptions()
    options.set_connect_timeout(max(int(connect_timeout * 1e9), 1))
    return options
