import { checkRows } from './testing/check-rows.ts';
import { refused, refusedAndKept, served, type EdgeRow } from './testing/edge-row.ts';
import { get, H, request } from './testing/messages.ts';

/** OPTIONS, with Max-Forwards when there is a value. */
const options = (target: string, value?: string): string =>
  `OPTIONS ${target} HTTP/1.1\r\n${H}${value === undefined ? '' : `Max-Forwards: ${value}\r\n`}\r\n`;
const answeredHere = (name: string, send: string): EdgeRow => ({
  name,
  send,
  method: 'OPTIONS',
  status: 204,
  body: '',
  closes: false,
});
/** The forwarded value: one less, and at most 31 bits. */
const forwardsLeft = (value: string): number => Math.min(Number(value) - 1, 2_147_483_647);

checkRows('methods', [
  refusedAndKept('TRACE', `TRACE /p HTTP/1.1\r\n${H}\r\n`, 'method_not_allowed'),
  refusedAndKept(
    'CONNECT',
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
    'method_not_allowed',
  ),
  refused('CONNECT with a path', `CONNECT /p HTTP/1.1\r\n${H}\r\n`, 'invalid_target'),
  refused(
    'CONNECT with an empty port',
    'CONNECT a.test: HTTP/1.1\r\nHost: a.test:\r\n\r\n',
    'invalid_host',
  ),
  refused('CONNECT without a port', `CONNECT a.test HTTP/1.1\r\n${H}\r\n`, 'invalid_host'),
  refusedAndKept('an unknown one', `BREW /p HTTP/1.1\r\n${H}\r\n`, 'method_not_implemented'),
  refusedAndKept(
    'a known one in small letters',
    `get /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'a known one with something behind it',
    `GETX /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'the preface of HTTP/2 as a method',
    `PRI /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'an unknown one with content',
    `BREW /p HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
    'method_not_implemented',
  ),
  served('HEAD has no content', `HEAD /p HTTP/1.1\r\n${H}\r\n`, request('HEAD /p')),
  served(
    'POST without content says so',
    `POST /p HTTP/1.1\r\n${H}\r\n`,
    request('POST /p', { framing: 'Content-Length: 0\r\n' }),
  ),
  served('OPTIONS of a path', `OPTIONS /p HTTP/1.1\r\n${H}\r\n`, request('OPTIONS /p')),
  answeredHere('OPTIONS *', options('*')),
  {
    ...answeredHere('OPTIONS * of HTTP/1.0 without Host', 'OPTIONS * HTTP/1.0\r\n\r\n'),
    closes: true,
  },
]);

checkRows('Max-Forwards', [
  ...['1', '10', '007', '256', '2147483648', '99999999999999999999', '9'.repeat(400)].map((value) =>
    served(
      `of OPTIONS is counted down from ${value.slice(0, 30)}`,
      options('/p', value),
      request('OPTIONS /p', { fields: `Max-Forwards: ${forwardsLeft(value)}\r\n` }),
    ),
  ),
  ...['0', '00', ' 0 '].map((value) =>
    answeredHere(`of OPTIONS has come to ${JSON.stringify(value)}`, options('/p', value)),
  ),
  ...['', '-1', '+1', '1.0', '0x1', '1,1', 'x', '1 1', '\xb2', '"1"'].map((value) =>
    refusedAndKept(
      `of OPTIONS is ${JSON.stringify(value)}`,
      options('/p', value),
      'malformed_request',
    ),
  ),
  refusedAndKept(
    'of OPTIONS comes twice',
    options('/p', '1\r\nMax-Forwards: 1'),
    'malformed_request',
  ),
  refusedAndKept('of OPTIONS * is bad as well', options('*', 'x'), 'malformed_request'),
  answeredHere('of OPTIONS * has come to 0', options('*', '0')),
  answeredHere('of OPTIONS * has not', options('*', '5')),
  answeredHere(
    'of OPTIONS with content has come to 0',
    options('/p', '0\r\nContent-Length: 5').concat('hello'),
  ),
  served(
    'that Connection nominates goes no further',
    options('/p', '5\r\nConnection: Max-Forwards'),
    request('OPTIONS /p'),
  ),
  ...['0', 'x', '5'].map((value) =>
    served(
      `of GET means nothing: ${value}`,
      get('/p', `${H}Max-Forwards: ${value}\r\n`),
      request('GET /p', { fields: `Max-Forwards: ${value}\r\n` }),
    ),
  ),
  ...['0', '5', 'x'].map((value) =>
    refusedAndKept(
      `of TRACE changes nothing: ${value}`,
      `TRACE /p HTTP/1.1\r\n${H}Max-Forwards: ${value}\r\n\r\n`,
      'method_not_allowed',
    ),
  ),
]);
