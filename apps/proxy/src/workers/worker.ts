import { errorMessage, guarded } from '@sluice/errors';
import type { Serving } from '../node/serving.ts';
import { ArrivingSnapshot } from './arriving-snapshot.ts';
import { eachAnswer, encodeQuestions, type LimitQuestion } from './limit-messages.ts';
import type { FromWorker, ToWorker, WorkerAnswers, WorkerRequest } from './messages.ts';
import type { RemoteLimitStore } from './remote-limit-store.ts';
import { TurnBatch } from './turn-batch.ts';

/** One of a node's processes: serves traffic on the shared port and handles the node's requests. */
export class Worker {
  readonly #serving: Serving;
  readonly #send: (message: FromWorker) => void;
  #snapshot: ArrivingSnapshot | undefined;

  constructor(serving: Serving, send: (message: FromWorker) => void) {
    this.#serving = serving;
    this.#send = send;
  }

  /** Handles one request; a fault is sent as an answer. */
  async handle({ id, request }: Extract<ToWorker, { kind: 'request' }>): Promise<void> {
    try {
      this.#send({ kind: 'answer', id, answer: await this.#answer(request), fault: undefined });
    } catch (fault) {
      this.#send({
        kind: 'answer',
        id,
        answer: undefined,
        fault: errorMessage(fault),
      });
    }
  }

  get #arriving(): ArrivingSnapshot {
    if (this.#snapshot === undefined) throw new Error('no snapshot has begun');
    return this.#snapshot;
  }

  async #answer(request: WorkerRequest): Promise<WorkerAnswers[keyof WorkerAnswers]> {
    const serving = this.#serving;
    switch (request.type) {
      case 'snapshotStart':
        this.#snapshot = new ArrivingSnapshot(request, (resources) =>
          serving.target.applySnapshot(request.revision, resources),
        );
        return null;
      case 'snapshotPieces':
        await this.#arriving.add(request.pieces);
        return null;
      case 'snapshotEnd': {
        const snapshot = this.#arriving;
        this.#snapshot = undefined;
        return snapshot.finish();
      }
      case 'delta':
        return serving.target.applyDelta(request.revision, request.changes);
      case 'listen':
        await serving.listen({ reusePort: true, port: request.port });
        return serving.port;
      case 'listenTls':
        await serving.listenTls({ reusePort: true, ...request.tls });
        return serving.tlsPort ?? 0;
      case 'certificates':
        serving.setCertificates(request.certificates);
        return null;
      case 'metrics':
        return serving.registry.snapshot();
      case 'health':
        return {
          targets: serving.targetsHealth(),
          serverCertificates: serving.serverCertificates,
          credentials: serving.credentialNotes.take(),
        };
      case 'drain':
        await serving.drain(request.timeoutMs);
        return null;
    }
  }
}

/**
 * Ends this process when its node ends, and ignores the signals that the node handles; call it
 * first. A worker without a node would never end. A terminal sends its signals to every process of
 * the group, but the node decides when a worker ends and sends it reloaded files.
 */
export function obeyNodeOnly(): void {
  process.once('disconnect', () => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  if (!process.connected) process.exit(0);
}

/** Connects this process to the node that started it. */
export function joinNode(serving: Serving, limits: RemoteLimitStore | undefined): void {
  const worker = new Worker(serving, send);
  const heard = (message: ToWorker): void => {
    if (message.kind === 'limitAnswers')
      eachAnswer(message.text, (answer) => limits?.answered(answer));
    else void worker.handle(message);
  };
  process.on('message', guarded('workers', heard));
  send({ kind: 'started' });
}

/**
 * Returns a function that sends a request to the limits of the node, together with the others of
 * the same turn.
 */
export function limitQuestions(): (question: LimitQuestion) => void {
  const questions = new TurnBatch<LimitQuestion>((ofThisTurn) =>
    send({ kind: 'limitQuestions', text: encodeQuestions(ofThisTurn) }),
  );
  return (question) => questions.add(question);
}

/** Sends a message. The `disconnect` event reports that the node has ended. */
function send(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
