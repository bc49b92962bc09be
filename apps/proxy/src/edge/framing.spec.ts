import { checkRows } from './testing/check-rows.ts';
import { refused, refusedAndKept, served } from './testing/edge-row.ts';
import {
  brokenOff,
  chunked,
  get,
  H,
  inChunks,
  post,
  request,
  withLength,
} from './testing/messages.ts';

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';
const malformed = (name: string, send: string) => refused(name, send, 'malformed_request');
const length = (value: string) =>
  malformed(
    `Content-Length: ${JSON.stringify(value).slice(0, 40)}`,
    post(`Content-Length:${value}\r\n`, 'hello'),
  );
const otherCoding = (value: string) =>
  refused(
    `Transfer-Encoding:${JSON.stringify(value)}`,
    post(`Transfer-Encoding:${value}\r\n`, '5\r\nhello\r\n0\r\n\r\n'),
    'transfer_coding_not_implemented',
  );
const badCoding = (value: string) =>
  malformed(
    `Transfer-Encoding:${JSON.stringify(value)}`,
    post(`Transfer-Encoding:${value}\r\n`, '5\r\nhello\r\n0\r\n\r\n'),
  );

checkRows('content by length', [
  served('is forwarded by length', post('Content-Length: 5\r\n', 'hello'), withLength('hello')),
  served('of 0 bytes', post('Content-Length: 0\r\n'), withLength('')),
  served(
    'with spaces around is normalised',
    post('Content-Length:  5 \r\n', 'hello'),
    withLength('hello'),
  ),
  served('in capitals is normalised', post('CONTENT-LENGTH: 5\r\n', 'hello'), withLength('hello')),
  served(
    'that Connection nominates is framed all the same',
    post('Content-Length: 5\r\nConnection: Content-Length\r\n', 'hello'),
    withLength('hello'),
  ),
  served(
    'of a GET goes with it',
    `GET /p HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
    request('GET /p', { framing: 'Content-Length: 5\r\n', content: 'hello' }),
  ),
  served(
    'of a DELETE goes with it',
    `DELETE /p HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
    request('DELETE /p', { framing: 'Content-Length: 5\r\n', content: 'hello' }),
  ),
  served(
    'at the limit',
    post('Content-Length: 2000\r\n', 'x'.repeat(2_000)),
    withLength('x'.repeat(2_000)),
  ),
  refusedAndKept(
    'above the limit',
    post('Content-Length: 2001\r\n', 'x'.repeat(2_001)),
    'content_too_large',
  ),
]);

checkRows('a length that is not plain digits', [
  ...[
    ' 05',
    ' 0005',
    ' 00',
    ' +5',
    ' -5',
    ' -0',
    ' 5,5',
    ' 5, 5',
    ' 5;5',
    ' 5 5',
    ' 0x5',
    ' 5.0',
    ' 5e0',
    ' 5_0',
    '',
    ' ',
    ' "5"',
    ' \xb2',
    ' five',
  ].map(length),
  ...[' 9007199254740992', ' 18446744073709551621', ` ${'9'.repeat(400)}`].map(length),
  ...['\t5', ' 5\t', ' 5\x0b', ' \x005', ' 5\x00', ' 5\r', '\r\n 5'].map(length),
]);

checkRows('content that is announced twice', [
  malformed(
    'the same length in two fields',
    post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
  ),
  malformed('two lengths', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!')),
  malformed(
    'two lengths in different capitals',
    post('Content-Length: 5\r\ncontent-length: 6\r\n', 'hello!'),
  ),
  malformed(
    'a length before a coding',
    post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ),
  malformed(
    'a coding before a length',
    post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
  ),
  malformed(
    'a length before an unknown coding',
    post('Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n', 'hello'),
  ),
  malformed(
    'a length that Connection nominates, and a coding',
    post(
      'Connection: Content-Length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      '0\r\n\r\n',
    ),
  ),
  malformed(
    'a coding that Connection nominates, and a length',
    post(
      'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n',
      '0\r\n\r\n',
    ),
  ),
]);

checkRows('content in chunks', [
  served('is forwarded in chunks', chunked('5\r\nhello\r\n0\r\n\r\n'), inChunks('hello')),
  served('that is empty', chunked('0\r\n\r\n'), inChunks('')),
  served(
    'in several of them',
    chunked('1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n'),
    inChunks('hello'),
  ),
  served(
    'with capitals, zeros and extensions is normalised',
    chunked(`00A;x;y=z;q="a;\\"b"\r\n${'x'.repeat(10)}\r\n000;last\r\n\r\n`),
    inChunks('x'.repeat(10)),
  ),
  served(
    'with a size of 16 digits',
    chunked('0000000000000005\r\nhello\r\n0\r\n\r\n'),
    inChunks('hello'),
  ),
  served(
    'announced in capitals, with spaces around',
    post('TRANSFER-ENCODING:  CHUNKED \r\n', '5\r\nhello\r\n0\r\n\r\n'),
    inChunks('hello'),
  ),
  served(
    'announced and nominated by Connection',
    post(
      'Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding, close-not\r\n',
      '5\r\nhello\r\n0\r\n\r\n',
    ),
    inChunks('hello'),
  ),
  served(
    'loses its trailers, and Trailer',
    post(
      'Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\n',
      '5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Y: 2\r\n\r\n',
    ),
    inChunks('hello'),
  ),
  served(
    'with extensions of exactly 1 KiB',
    chunked(`5;${'e'.repeat(1_023)}\r\nhello\r\n0\r\n\r\n`),
    inChunks('hello'),
  ),
  served(
    'of a GET goes with it',
    `GET /p HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    request('GET /p', {
      framing: 'Transfer-Encoding: chunked\r\n',
      content: '5\r\nhello\r\n0\r\n\r\n',
    }),
  ),
]);

checkRows('other codings before a final "chunked"', [
  ...[
    ' gzip, chunked',
    ' gzip,chunked',
    ' GZIP , Chunked',
    ' identity, chunked',
    ' xchunked, chunked',
    ' gzip;q=1, chunked',
    ' ,gzip,,chunked,',
    ' gzip,\tchunked',
  ].map(otherCoding),
  refused(
    'in two fields',
    post('Transfer-Encoding: gzip\r\nTransfer-encoding: chunked\r\n', '0\r\n\r\n'),
    'transfer_coding_not_implemented',
  ),
]);

checkRows('codings that do not end in exactly one "chunked"', [
  ...[
    ' chunked, gzip',
    ' chunked,gzip',
    ' chunked, chunked',
    ' chunked,chunked',
    ' gzip, chunked, chunked',
    ' ,chunked',
    ' chunked,',
    ' identity',
    ' xchunked',
    ' chunkedx',
    ' chunked;q=1',
    ' "chunked"',
    ' chunked chunked',
    ' chunk ed',
    ' chunked\xa0',
    ' \xa0chunked',
    ' gzip',
    '',
    ' ',
  ].map(badCoding),
  ...[
    '\tchunked',
    ' chunked\t',
    ' \tchunked',
    ' chunked \t',
    '\x0bchunked',
    ' chunked\x0b',
    ' chunked\x00',
    ' chunked\r',
    '\r\n chunked',
    '\n chunked',
  ].map(badCoding),
  malformed(
    'two fields',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ),
  malformed(
    'two fields, the second one without effect',
    post('Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n', '0\r\n\r\n'),
  ),
  malformed(
    'two fields, an empty one first',
    post('Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ),
  malformed('in HTTP/1.0', `POST /p HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  malformed(
    'in HTTP/1.0 that wants to be kept',
    `POST /p HTTP/1.0\r\n${H}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  malformed('a space before its colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')),
  malformed('a tab before its colon', post('Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n')),
  malformed('a space before its name', post(' Transfer-Encoding: chunked\r\n', '0\r\n\r\n')),
  malformed(
    'folded behind another field',
    post('X: y\r\n Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ),
  malformed('a NUL in its name', post('Transfer\0-Encoding: chunked\r\n', '0\r\n\r\n')),
  refused(
    'an underscore in its name',
    post('Transfer_Encoding: chunked\r\n', '0\r\n\r\n'),
    'protected_header',
  ),
  refused(
    'a dot in its name',
    post('transfer.encoding: chunked\r\n', '0\r\n\r\n'),
    'protected_header',
  ),
  refused(
    'an underscore in the name of the length',
    post('Content_Length: 5\r\n', 'hello'),
    'protected_header',
  ),
]);

const broken = (name: string, content: string) =>
  refused(name, chunked(content), 'malformed_request', brokenOff('hello'));

checkRows('malformed chunks', [
  ...['0x5', ' 5', '5 ', '+5', '-5', '5\t', '5,', '5h', '\x005', '', 'g'].map((size) =>
    broken(`the size ${JSON.stringify(size)}`, `${size}\r\nhello\r\n0\r\n\r\n`),
  ),
  ...[
    '20000000000000',
    '7fffffffffffffff',
    'ffffffffffffffff',
    '10000000000000005',
    '00000000000000005',
    'f'.repeat(300),
  ].map((size) => broken(`the size ${size.slice(0, 20)}`, `${size}\r\nhello\r\n0\r\n\r\n`)),
  broken('LF behind the size', '5\nhello\r\n0\r\n\r\n'),
  broken('CR alone behind the size', '5\rhello\r\n0\r\n\r\n'),
  broken('LF behind the content', '5\r\nhello\n0\r\n\r\n'),
  broken('nothing behind the content', '5\r\nhello0\r\n\r\n'),
  broken('more content than the size', '5\r\nhello!\r\n0\r\n\r\n'),
  broken('CR CR LF behind the content', '5\r\nhello\r\r\n0\r\n\r\n'),
  broken('LF behind the last chunk', '5\r\nhello\r\n0\n\r\n'),
  broken('LF at the very end', '5\r\nhello\r\n0\r\n\n'),
  broken('CR and something else at the very end', '5\r\nhello\r\n0\r\n\rX'),
  broken('an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'),
  broken('a space before an extension', '5 ;a\r\nhello\r\n0\r\n\r\n'),
  broken('a space inside an extension', '5; a=b\r\nhello\r\n0\r\n\r\n'),
  broken('LF inside an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'),
  broken('LF inside a quoted extension', '5;a="b\n"\r\nhello\r\n0\r\n\r\n'),
  broken('CR inside a quoted extension', '5;a="b\r"\r\nhello\r\n0\r\n\r\n'),
  broken('an extension whose quotes stay open', '5;a="b\r\nhello\r\n0\r\n\r\n'),
  broken('an extension above 1 KiB', `5;${'e'.repeat(1_024)}\r\nhello\r\n0\r\n\r\n`),
  refused(
    'extensions above 1 KiB in total',
    chunked(`${'1;ee\r\nh\r\n'.repeat(342)}0\r\n\r\n`),
    'malformed_request',
    brokenOff('h'.repeat(342)),
  ),
  broken('a bad trailer', '5\r\nhello\r\n0\r\nX Y: z\r\n\r\n'),
  broken('a folded trailer', '5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n'),
  broken('LF behind a trailer', '5\r\nhello\r\n0\r\nX: y\n\r\n'),
  ...[
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Host: b.test',
    'Authorization: x',
    'Cookie: a',
    'X-Forwarded-For: 1.2.3.4',
    'X-Consumer-Id: root',
    'Forwarded: for=x',
    'Connection: close',
    'Expect: 100-continue',
  ].map((field) => broken(`the trailer ${field}`, `5\r\nhello\r\n0\r\n${field}\r\n\r\n`)),
  refused(
    'trailers above what is left for fields',
    chunked(`5\r\nhello\r\n0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`),
    'header_fields_too_large',
    brokenOff('hello'),
  ),
]);

checkRows('requests that two parsers would end at different places', [
  malformed('CL.TE', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\nG`)),
  malformed(
    'TE.CL',
    post(
      'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
      `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ),
  ),
  malformed(
    'TE.TE',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n', `0\r\n\r\n${smuggled}`),
  ),
  served(
    'CL.0: content that looks like a request is content',
    post(`Content-Length: ${smuggled.length}\r\n`, smuggled),
    withLength(smuggled),
  ),
  served(
    '0.CL: the same of a GET',
    get('/p', `${H}Content-Length: ${smuggled.length}\r\n`) + smuggled,
    request('GET /p', { framing: `Content-Length: ${smuggled.length}\r\n`, content: smuggled }),
  ),
  served(
    'the same in chunks',
    chunked(`${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`),
    inChunks(smuggled),
  ),
  malformed('a length folded away', post('X: y\r\n\tContent-Length: 5\r\n', 'hello')),
  malformed('a length behind a bare LF', post('X: y\nContent-Length: 5\r\n', 'hello')),
  malformed('a length behind a bare CR', post('X: y\rContent-Length: 5\r\n', 'hello')),
  malformed(
    'a head that ends with LF LF',
    `POST /p HTTP/1.1\nHost: a.test\nContent-Length: 5\n\nhello`,
  ),
  malformed('a head that ends with CRLF LF', `POST /p HTTP/1.1\r\nHost: a.test\r\n\n`),
]);
