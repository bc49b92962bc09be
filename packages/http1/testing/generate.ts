/**
 * Messages for the differential test: mostly valid ones, composed of parts that parsers disagree
 * about, and then often damaged.
 */
import type { Expected } from './collect.ts';
import type { Random } from './random.ts';
import {
  BAD_FIELDS,
  CODINGS,
  CONNECTIONS,
  CONTENTS,
  DAMAGE,
  ENDS,
  GOOD_FIELDS,
  HOSTS,
  LENGTHS,
  METHODS,
  SIZES,
  STATUSES,
  TARGETS,
  TRAILERS,
  UPGRADES,
  VERSIONS,
} from './message-parts.ts';

/** Usually CRLF. */
function lineEnd(random: Random): string {
  return random.once(120) ? random.pick(ENDS) : '\r\n';
}

function chunkedBody(random: Random): string {
  let body = '';
  for (let chunks = random.below(3); chunks > 0; chunks--) {
    const size = random.once(3) ? random.pick(SIZES) : '3';
    const content = random.once(20) ? random.pick(CONTENTS) : 'abc';
    body += `${size}${lineEnd(random)}${content}${lineEnd(random)}`;
  }
  body += `${random.once(12) ? random.pick(['00', '0;a', '0 ', '', '000000000000000000000', '0;a="b"']) : '0'}${lineEnd(random)}`;
  for (let trailers = random.once(4) ? random.below(3) : 0; trailers > 0; trailers--)
    body += `${random.pick(TRAILERS)}${lineEnd(random)}`;
  return body + lineEnd(random);
}

/** Field lines and a body that usually suits them. */
function fieldsAndBody(random: Random, withHost: boolean): string {
  const lines: string[] = [];
  let body = '';
  if (withHost && !random.once(40))
    lines.push(`Host: ${random.once(8) ? random.pick(HOSTS) : 'a'}`);
  const framing = random.below(4);
  if (framing === 0) {
    lines.push(`Content-Length: ${random.once(4) ? random.pick(LENGTHS) : '3'}`);
    body = random.once(10) ? random.pick(CONTENTS) : 'abc';
  } else if (framing === 1) {
    lines.push(`Transfer-Encoding: ${random.once(4) ? random.pick(CODINGS) : 'chunked'}`);
    body = chunkedBody(random);
  }
  if (random.once(12))
    lines.push(
      `${random.pick(['Content-Length', 'content-length', 'CONTENT-LENGTH'])}: ${random.pick(LENGTHS)}`,
    );
  if (random.once(15))
    lines.push(
      `${random.pick(['Transfer-Encoding', 'transfer-encoding'])}: ${random.pick(CODINGS)}`,
    );
  if (random.once(4)) lines.push(`Connection: ${random.pick(CONNECTIONS)}`);
  if (random.once(12)) lines.push(`Upgrade: ${random.pick(UPGRADES)}`);
  for (let others = random.below(4); others > 0; others--)
    lines.push(random.pick(random.once(15) ? BAD_FIELDS : GOOD_FIELDS));
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
  }
  return `${lines.map((line) => line + lineEnd(random)).join('')}${lineEnd(random)}${body}`;
}

function damaged(random: Random, text: string): string {
  if (!random.once(3) || text.length === 0) return text;
  let result = text;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(result.length);
    const width = random.below(3);
    result =
      result.slice(0, at) + (random.once(3) ? '' : random.pick(DAMAGE)) + result.slice(at + width);
  }
  return result;
}

/** The bytes that a client might send over one connection, as latin1 text. */
export function generateRequests(random: Random): string {
  let text = '';
  for (let messages = 1 + random.below(3); messages > 0; messages--) {
    const line = [
      random.once(4) ? random.pick(METHODS) : random.pick(['GET', 'POST']),
      random.once(4) ? random.pick(TARGETS) : '/a?b',
      random.once(8) ? random.pick(VERSIONS) : 'HTTP/1.1',
    ].join(random.once(60) ? random.pick(['  ', '\t']) : ' ');
    text += `${random.once(25) ? random.pick(['\r\n', '\r\n\r\n', '\n', ' ']) : ''}${line}${lineEnd(random)}${fieldsAndBody(random, true)}`;
  }
  return damaged(random, text);
}

/** The bytes that a server might send over one connection, and what was asked. */
export function generateResponses(random: Random): {
  text: string;
  expected: Expected[];
  closes: boolean;
} {
  let text = '';
  const expected: Expected[] = [];
  for (let messages = 1 + random.below(3); messages > 0; messages--) {
    const upgradeAsked = random.once(10);
    expected.push({
      method: upgradeAsked ? 'GET' : random.pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT']),
      upgradeAsked,
    });
    const version = random.once(8) ? random.pick(VERSIONS) : 'HTTP/1.1';
    const status =
      upgradeAsked && random.once(2)
        ? '101 Switching Protocols'
        : random.once(2)
          ? random.pick(STATUSES)
          : '200 OK';
    const upgrade = status.startsWith('101') ? 'Upgrade: websocket\r\nConnection: upgrade\r\n' : '';
    text += `${random.once(40) ? random.pick(['\r\n', '\n']) : ''}${version} ${status}${lineEnd(random)}${upgrade}${fieldsAndBody(random, false)}`;
  }
  return { text: damaged(random, text), expected, closes: random.once(2) };
}

/** The positions at which the bytes are divided into reads. */
export function generateCuts(random: Random, length: number): number[] {
  if (random.once(4)) return [];
  if (random.once(8)) return Array.from({ length }, (_, index) => index);
  return Array.from({ length: 1 + random.below(6) }, () => random.below(length + 1));
}
