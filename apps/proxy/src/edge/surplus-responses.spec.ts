import { checkHostileRows } from './testing/check-hostile-rows.ts';
import { head, inChunks, passedOn, whole } from './testing/hostile-row.ts';
import { says, sized } from './testing/origin-messages.ts';

const poison = sized('POISON');

checkHostileRows('surplus bytes of an upstream', [
  passedOn(
    'more content than its length',
    says('Content-Length: 5\r\n', 'helloPOISON'),
    whole('hello'),
    { keeps: false },
  ),
  passedOn('a second response behind the first', sized('hello') + poison, whole('hello'), {
    keeps: false,
  }),
  passedOn(
    'a second response behind chunks',
    says('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n') + poison,
    inChunks('hello'),
    { keeps: false },
  ),
  passedOn(
    'a second response behind trailers',
    says('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nX: y\r\n\r\n') + poison,
    inChunks('hello'),
    { keeps: false },
  ),
  passedOn(
    'more behind Connection: close',
    says('Connection: close\r\nContent-Length: 5\r\n', 'hello') + poison,
    whole('hello'),
    { keeps: false },
  ),
  passedOn(
    'content behind 204',
    says('', 'POISON', 'HTTP/1.1 204 No Content'),
    head('204 No Content'),
    { keeps: false },
  ),
  passedOn(
    'a response behind 204',
    says('', poison, 'HTTP/1.1 204 No Content'),
    head('204 No Content'),
    { keeps: false },
  ),
  passedOn(
    'content behind 304',
    says('Content-Length: 6\r\nETag: "a"\r\n', 'POISON', 'HTTP/1.1 304 Not Modified'),
    head('304 Not Modified', 'ETag: "a"\r\n', 'Content-Length: 6\r\n'),
    { keeps: false },
  ),
  passedOn(
    'chunks behind 304',
    says('Transfer-Encoding: chunked\r\n', '6\r\nPOISON\r\n0\r\n\r\n', 'HTTP/1.1 304 Not Modified'),
    head('304 Not Modified'),
    { keeps: false },
  ),
  passedOn(
    'content behind the answer to HEAD',
    sized('POISON'),
    head('200 OK', '', 'Content-Length: 6\r\n'),
    { method: 'HEAD', keeps: false },
  ),
  passedOn(
    'chunks behind the answer to HEAD',
    says('Transfer-Encoding: chunked\r\n', '6\r\nPOISON\r\n0\r\n\r\n'),
    head('200 OK'),
    { method: 'HEAD', keeps: false },
  ),
  passedOn('an empty line behind the response', `${sized('hello')}\r\n`, whole('hello'), {
    keeps: false,
  }),
]);
