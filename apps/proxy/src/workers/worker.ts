import type { Serving } from '../serving.ts';
import type { FromWorker, ToWorker, WorkerAnswers, WorkerRequest, WorkerTargetHealth } from './messages.ts';
import type { RemoteLimitStore } from './remote-limit-store.ts';
import { eachOf, TurnBatch, type Received } from './turn-batch.ts';

/** One of a node's processes: takes traffic on the port all of them share, and does what the node asks of it. */
export class Worker {
  readonly #serving: Serving;
  readonly #send: (message: FromWorker) => void;

  constructor(serving: Serving, send: (message: FromWorker) => void) {
    this.#serving = serving;
    this.#send = send;
  }

  /** Answers one request. A fault is an answer, too. */
  async handle({ id, request }: Extract<ToWorker, { kind: 'request' }>): Promise<void> {
    try {
      this.#send({ kind: 'answer', id, answer: await this.#answer(request), fault: undefined });
    } catch (fault) {
      this.#send({ kind: 'answer', id, answer: undefined, fault: fault instanceof Error ? fault.message : String(fault) });
    }
  }

  async #answer(request: WorkerRequest): Promise<WorkerAnswers[keyof WorkerAnswers]> {
    const serving = this.#serving;
    switch (request.type) {
      case 'snapshot':
        return serving.target.applySnapshot(request.revision, request.resources);
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
        return serving.targetsHealth() satisfies readonly WorkerTargetHealth[];
      case 'drain':
        await serving.drain(request.timeoutMs);
        return null;
    }
  }
}

/** Joins this process to the node that started it. It ends with it: a worker without a node would serve for ever. */
export function joinNode(serving: Serving, limits: RemoteLimitStore | undefined): void {
  const worker = new Worker(serving, sendToNode);
  const take = (message: ToWorker): void => {
    if (message.kind === 'decisions') limits?.answered(message.id, message.decisions);
    else void worker.handle(message);
  };
  process.on('message', (received: Received<ToWorker>) => eachOf(received, take));
  process.once('disconnect', () => process.exit(0));
  // A terminal sends these to every process of its group; the node decides when a worker ends.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  sendToNode({ kind: 'started' });
}

const takes = new TurnBatch<FromWorker>(send);

/** Sends a message; what is asked of the limits waits for the others of this turn. A node that is gone is noticed by `disconnect`. */
export function sendToNode(message: FromWorker): void {
  if (message.kind === 'take') takes.add(message);
  else send(message);
}

function send(message: Received<FromWorker>): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
