/** What the inspector answers: a result, a fault, or an event. */
interface InspectorMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const answerMs = 120_000;

/**
 * A Node process that was started with `--inspect=127.0.0.1:<port>`, seen from outside through its
 * inspector.
 */
export class Inspected {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: InspectorMessage) => void>();
  #next = 1;
  #chunks: string[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) =>
      this.#take(JSON.parse(String(data)) as InspectorMessage),
    );
  }

  /** Connects to the process. Throws when there is no inspector on the port. */
  static async connect(port: number): Promise<Inspected> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
      readonly webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), {
        once: true,
      });
    });
    return new Inspected(socket);
  }

  /** Collects all garbage and says what is in use then, in bytes. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    await this.#ask('HeapProfiler.collectGarbage');
    await this.#ask('HeapProfiler.collectGarbage');
    const { result } = (await this.#ask('Runtime.evaluate', {
      expression: 'JSON.stringify(process.memoryUsage())',
    })) as { result: { value: string } };
    return JSON.parse(result.value) as NodeJS.MemoryUsage;
  }

  /** All objects on the heap, as text in the format of heap snapshots. */
  async heapSnapshot(): Promise<string> {
    this.#chunks = [];
    await this.#ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    return this.#chunks.join('');
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${method}: no answer in ${answerMs} ms`)),
        answerMs,
      );
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(late);
        if (result === undefined) reject(new Error(`${method}: ${error?.message ?? ''}`));
        else resolve(result);
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #take(message: InspectorMessage): void {
    if (message.method === 'HeapProfiler.addHeapSnapshotChunk')
      this.#chunks.push(String(message.params?.['chunk']));
    if (message.id === undefined) return;
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }
}
