import { eachAnswer, encodeQuestions } from '../limit-messages.ts';
import type { FromWorker, ToWorker, WorkerRequest } from '../messages.ts';

/**
 * A program that uses the protocol of a worker and misbehaves in one way for each kind of request.
 * With `SPEC_ENDS_AT_ONCE` it ends before it sends anything. Tests only.
 */
const send = (message: FromWorker): void => void process.send?.(message);
const answer = (id: number, value: never): void =>
  send({ kind: 'answer', id, answer: value, fault: undefined });

function handle(id: number, request: WorkerRequest): void {
  switch (request.type) {
    case 'listen':
      // Answers later requests first.
      setTimeout(() => answer(id, (request.port + 1) as never), Math.max(0, 50 - request.port));
      return;
    case 'metrics':
      return send({ kind: 'answer', id, answer: undefined, fault: 'nothing was counted' });
    case 'health':
      // Answers after the timeout.
      setTimeout(() => answer(id, [] as never), 150);
      return;
    case 'delta':
      return send({
        kind: 'limitQuestions',
        text: encodeQuestions([{ kind: 'take', id, requests: [], cost: 7 }]),
      });
    case 'snapshotStart':
    case 'snapshotEnd':
    case 'snapshotPieces':
    case 'listenTls':
    case 'certificates':
    case 'drain':
      process.exit(3);
  }
}

if (process.env['SPEC_ENDS_AT_ONCE'] !== undefined) process.exit(1);
process.on('message', (message: ToWorker) => {
  if (message.kind === 'request') handle(message.id, message.request);
  else
    eachAnswer(message.text, (heard) =>
      answer(heard.id, {
        applied: true,
        faults: [],
        quarantined: [],
        decided: heard.kind === 'decided' ? heard.decisions : undefined,
      } as never),
    );
});
process.once('disconnect', () => process.exit(0));
send({ kind: 'started' });
