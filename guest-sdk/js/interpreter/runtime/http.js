// Responses that are not sent: frameworks make them to run a request through themselves, and give them a socket of their
// own. The library's begin with that of their request, where Node's have none.

import http from "node:http";

const { assignSocket } = http.ServerResponse.prototype;

http.ServerResponse.prototype.assignSocket = function (socket) {
  if (this.socket === this.req?.socket) this.socket = null;
  return assignSocket.call(this, socket);
};
