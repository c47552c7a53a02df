"""Sends requests to the server that the event names, with the libraries that people use."""

import asyncio
import http.client
import io
import json
import smtplib
import socket
import ssl
import urllib.request

import boto3
import httpx
import requests

AT_BUILD = socket.create_connection(("localhost", 80))
NOWHERE = "http://127.0.0.1:1"
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
LAMBDA = boto3.client("lambda", endpoint_url=NOWHERE, **KEYS)
S3 = boto3.client("s3", endpoint_url=NOWHERE, **KEYS)


def handler(event, context):
    return globals()["do_" + event["do"]](event)


def send_to(client, url):
    """Has a client that was made at build time send its requests to a server that is known now."""

    def change(request, **_):
        request.url = request.url.replace(NOWHERE, url)

    client.meta.events.register("before-sign", change)


def do_urllib(event):
    with urllib.request.urlopen(event["url"] + "/redirect") as response:
        return [response.status, response.url.rpartition("/")[2], response.read().decode()]


def do_keep_alive(event):
    connection = http.client.HTTPConnection(event["host"], event["port"])
    answers = []
    for path in ("/hello", "/chunked", "/trailers", "/hello"):
        connection.request("GET", path)
        answers.append(connection.getresponse().read().decode())
        answers.append(connection.sock is not None)
    return answers


def do_requests(event):
    session = requests.Session()
    streamed = session.get(event["url"] + "/chunked", stream=True)
    pieces = (b"x" * 1000 for _ in range(300))
    return {
        "gzip": session.get(event["url"] + "/gzip").text,
        "redirect": session.get(event["url"] + "/redirect").text,
        "streamed": [piece.decode() for piece in streamed.iter_content(2)],
        "uploaded": session.post(event["url"] + "/echo", data=pieces).text.count("x" * 1000),
        "large": len(session.post(event["url"] + "/echo", data=b"y" * 3_000_000).content),
        "head": session.head(event["url"] + "/hello").headers["content-length"],
    }


def do_httpx(event):
    async def main():
        async with httpx.AsyncClient() as client:
            urls = [event["url"] + path for path in ("/hello", "/gzip", "/chunked")]
            return [answer.text for answer in await asyncio.gather(*map(client.get, urls))]

    return [httpx.post(event["url"] + "/echo", json={"n": 1}).text.splitlines()[-1], *asyncio.run(main())]


def do_streams(event):
    async def main():
        reader, writer = await asyncio.open_connection(event["host"], event["port"])
        host = f"{event['host']}:{event['port']}"
        writer.write(f"GET /hello HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer.decode().splitlines()

    lines = asyncio.run(main())
    return [lines[0], lines[-1]]


def do_trailers(event):
    connection = http.client.HTTPConnection(event["host"], event["port"])
    connection.putrequest("POST", "/echo")
    connection.putheader("Trailer", "x-sum")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    connection.send(b"5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n")
    return connection.getresponse().read().decode()


def do_expect(event):
    connection = http.client.HTTPConnection(event["host"], event["port"])
    connection.putrequest("POST", "/echo")
    connection.putheader("Expect", "100-continue")
    connection.putheader("Content-Length", "5")
    connection.endheaders()
    told = connection.sock.recv(100).decode()
    connection.send(b"hello")
    return [told.splitlines()[0], connection.getresponse().read().decode().splitlines()[-1]]


def do_timeout(event):
    try:
        requests.get(event["url"] + "/silent", timeout=0.05)
    except requests.Timeout as error:
        return type(error).__name__


def do_lambda(event):
    send_to(LAMBDA, event["url"])
    answer = LAMBDA.invoke(FunctionName=event["function"], Payload=json.dumps(event["event"]))
    return json.load(answer["Payload"])


def do_s3(event):
    send_to(S3, event["url"])
    S3.put_object(Bucket="put", Key="key", Body=io.BytesIO(b"the body"))
    # This server gives what it was sent.
    return S3.get_object(Bucket="put", Key="key")["Body"].read().decode()


def do_at_build(event):
    AT_BUILD.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return AT_BUILD.recv(100).decode()


def do_requested(event):
    return requests.post(event["url"] + "/hello", data=b"z" * event.get("bytes", 0)).text


def do_other_host(event):
    return requests.get(event["url"] + "/hello", headers={"Host": "other.example"}).text


def do_proxy(event):
    return requests.get("http://example.com/", proxies={"http": event["url"]}).text


def do_mail(event):
    smtplib.SMTP(event["host"], event["port"])


def do_redis(event):
    connection = socket.create_connection((event["host"], event["port"]))
    connection.sendall(b"*1\r\n$4\r\nPING\r\n")


def do_datagram(event):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 2000))


def do_listen(event):
    socket.create_server(("", 8080))


def do_unchecked(event):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    urllib.request.urlopen(event["url"].replace("http:", "https:"), context=context)


def do_own_authority(event):
    ssl.create_default_context(cadata="-----BEGIN CERTIFICATE-----")


def do_https(event):
    return urllib.request.urlopen(event["url"]).read().decode()
