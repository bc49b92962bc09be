import { checkHostileRows } from './testing/check-hostile-rows.ts';
import { brokenChunks, brokenOff, head, notUnderstood } from './testing/hostile-row.ts';
import { says } from './testing/origin-messages.ts';

checkHostileRows('responses that break off', [
  notUnderstood('inside the status line', 'HTTP/1.1 2', 'upstream_reset', { then: 'end' }),
  notUnderstood('inside the fields', 'HTTP/1.1 200 OK\r\nContent-Le', 'upstream_reset', {
    then: 'end',
  }),
  notUnderstood(
    'inside the fields, by a reset',
    'HTTP/1.1 200 OK\r\nContent-Le',
    'upstream_reset',
    { then: 'reset' },
  ),
  notUnderstood('that never begin', '', 'upstream_timeout'),
  notUnderstood('inside the fields, by silence', 'HTTP/1.1 200 OK\r\nX: y\r\n', 'upstream_timeout'),
  brokenOff(
    'inside a length',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
    'end',
  ),
  brokenOff(
    'inside a length, by a reset',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
    'reset',
  ),
  brokenOff(
    'inside a length, by silence',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
  ),
  brokenOff(
    'between chunks',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'between chunks, by a reset',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
    'reset',
  ),
  brokenOff(
    'between chunks, by silence',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
  ),
  brokenOff(
    'inside the last chunk',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n0\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'inside trailers',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n0\r\nX: y\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'by a reset where the end of the connection would be the end',
    says('', 'half'),
    brokenChunks('half'),
    'reset',
  ),
  brokenOff(
    'by silence where the end of the connection would be the end',
    says('', 'half'),
    brokenChunks('half'),
  ),
  ...[
    'zz',
    '0x4',
    ' 4',
    '4 ',
    '+4',
    '-4',
    '',
    '20000000000000',
    'ffffffffffffffff',
    '00000000000000004',
    '4;',
    '4; a=b',
    `4;${'e'.repeat(1_100)}`,
  ].map((size) =>
    brokenOff(
      `at the chunk size ${JSON.stringify(size).slice(0, 30)}`,
      says('Transfer-Encoding: chunked\r\n', `4\r\nhalf\r\n${size}\r\nPOISON\r\n0\r\n\r\n`),
      brokenChunks('half'),
    ),
  ),
  ...[
    '4\r\nhalf\n0\r\n\r\n',
    '4\r\nhalf\r\n0\n\r\n',
    '4\r\nhalf\r\n0\r\n\n',
    '4\r\nhalfX\r\n0\r\n\r\n',
    '4\r\nhalf\r\n0\r\nX Y: z\r\n\r\n',
    '4\r\nhalf\r\n0\r\nX: y\n\r\n',
    '4\r\nhalf\r\n0\r\nContent-Length: 5\r\n\r\n',
    '4\r\nhalf\r\n0\r\nSet-Cookie: a\r\n\r\n',
    '4\r\nhalf\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  ].map((content) =>
    brokenOff(
      `at the end of chunks in ${JSON.stringify(content)}`,
      says('Transfer-Encoding: chunked\r\n', content),
      brokenChunks('half'),
    ),
  ),
]);
