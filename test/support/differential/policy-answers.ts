// What the upstream says to the rows whose path begins with /answers/.
import { answerByRequest } from './both-proxies.ts';

const ANSWERS: Readonly<Record<string, string>> = {
  cors: '200 OK\r\nContent-Type: text/plain\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 2\r\n\r\nok',
  hop: '200 OK\r\nContent-Type: text/plain\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nX-End: 2\r\nContent-Length: 2\r\n\r\nok',
  repeated:
    '200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nWarning: 299 - "x"\r\nWarning: 299 - "y"\r\nVary: A\r\nVary: B\r\nContent-Length: 2\r\n\r\nok',
  'moved-here':
    '302 Found\r\nContent-Type: text/plain\r\nLocation: https://127.0.0.1:6443/api\r\nContent-Length: 0\r\n\r\n',
  'moved-away':
    '307 Temporary Redirect\r\nContent-Type: text/plain\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n',
  typeless: '200 OK\r\nContent-Length: 6\r\n\r\n<html>',
  control: '200 OK\r\nContent-Type: text/plain\r\nX-A: a\x01b\r\nContent-Length: 2\r\n\r\nok',
  'status-099': '099 Low\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok',
  'length-and-chunks':
    '200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two-lengths': '200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!',
  garbage: 'what?\r\n\r\n',
  twice: `200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray`,
  encoded:
    '200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nETag: W/"1"\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x01',
};

export function answerByPath(head: string): string {
  const answer = ANSWERS[/^GET \/answers\/(\S+)/.exec(head)?.[1] ?? ''];
  return answer === undefined ? answerByRequest(head) : `HTTP/1.1 ${answer}`;
}
