/**
 * The upstream of the soak: a raw server with many kinds of misbehaviour. Run by soak.ts as
 * `node origin.ts <port> <seed>`.
 */
import { createServer, type Socket } from 'node:net';
import { RequestParser } from '@sluice/http1';
import { bodyOf, poisonTag, type Behaviour } from './behaviours.ts';
import { Random } from './random.ts';

const [port = '0', seed = '1'] = process.argv.slice(2);
const random = new Random(Number(seed));
/** A quarter of the pause that the client makes. */
const fairMs = 10;
const poison = `HTTP/1.1 200 OK\r\nX-Tag: ${poisonTag}\r\nContent-Length: 7\r\n\r\npoison;`;

const server = createServer({ noDelay: true }, (socket) => {
  const parser = new RequestParser();
  let answered = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    do {
      at = parser.consume(chunk, at);
      if (parser.state === 'head') {
        answered = false;
        if (behaviourOf(parser.target) === 'early') {
          answered = true;
          answer(socket, 'early', parser.target, parser.method);
        }
      } else if (parser.state === 'end' && !answered) {
        answer(socket, behaviourOf(parser.target), parser.target, parser.method);
      } else if (parser.state === 'fault') {
        // The proxy must never send anything that is not well-formed.
        console.error(`the proxy sent a malformed request: ${parser.fault?.reason ?? ''}`);
        process.exit(2);
      }
    } while (parser.state !== 'needMore' && !socket.destroyed);
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.once('disconnect', () => process.exit(0));

function answer(socket: Socket, behaviour: Behaviour, target: string, method: string): void {
  const tag = target.slice(target.lastIndexOf('/') + 1);
  const body = bodyOf(tag, 1 + random.below(random.percent(2) ? 4000 : 8));
  const sent = method === 'HEAD' ? '' : body;
  const head = (framing: string): string => `HTTP/1.1 200 OK\r\nX-Tag: ${tag}\r\n${framing}\r\n`;
  const whole = `${head(`Content-Length: ${body.length}\r\n`)}${sent}`;
  switch (behaviour) {
    case 'length':
    case 'early':
      socket.write(whole);
      break;
    case 'chunked': {
      const cut = random.below(body.length + 1);
      const chunks = [body.slice(0, cut), body.slice(cut)].filter((part) => part !== '');
      socket.write(
        head('Transfer-Encoding: chunked\r\n') +
          (method === 'HEAD'
            ? ''
            : `${chunks.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`),
      );
      break;
    }
    case 'pieces':
      inPieces(socket, whole);
      break;
    case 'interim':
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </${tag}>\r\n\r\n${whole}`);
      break;
    case 'close':
      socket.end(`${head(`Content-Length: ${body.length}\r\nConnection: close\r\n`)}${sent}`);
      break;
    case 'until-close':
      socket.end(`${head('Connection: close\r\n')}${sent}`);
      break;
    case 'nothing':
      socket.write(`HTTP/1.1 204 No Content\r\nX-Tag: ${tag}\r\n\r\n`);
      break;
    case 'reset-before':
      socket.resetAndDestroy();
      break;
    case 'reset-inside':
      socket.write(head(`Content-Length: ${body.length + 10}\r\n`) + sent, () =>
        socket.resetAndDestroy(),
      );
      break;
    case 'truncated':
      socket.end(head(`Content-Length: ${body.length + 10}\r\n`) + sent);
      break;
    case 'poison':
      socket.write(whole + poison);
      break;
    case 'late-poison':
      sendLate(socket, performance.now());
      socket.write(whole);
      break;
  }
}

/**
 * Only while the client still pauses: an origin that was itself held up would be too late for a
 * fair test.
 */
function sendLate(socket: Socket, sentAtMs: number): void {
  setTimeout(
    () => {
      if (socket.writable && performance.now() - sentAtMs < fairMs) socket.write(poison);
    },
    1 + random.below(4),
  );
}

function inPieces(socket: Socket, text: string): void {
  const cut = random.below(text.length);
  socket.write(text.slice(0, cut));
  setTimeout(() => socket.writable && socket.write(text.slice(cut)), random.below(3));
}

function behaviourOf(target: string): Behaviour {
  return (target.split('/')[2] ?? 'length') as Behaviour;
}
