import { Socket, type Server, type SocketConstructorOpts } from 'node:net';
import { connectionFailed } from './guarded-events.ts';
import { readArea, sharedReadBuffer, viewOfRead } from '../net/shared-read-buffer.ts';

/**
 * What an accepted connection is to node:net before it is a socket, as far as it is used here. None of this is documented
 * (docs/adr/0012-pending-connections-without-sockets.md); {@link takeHandles} refuses a Node that has it otherwise.
 */
export interface ConnectionHandle {
  /** Whether node:net takes it for reading already. */
  reading?: boolean;
  /** Bytes read since the connection was made. */
  readonly bytesRead: number;
  /** Called after each read into the user buffer, and when there will be no more of them. What it returns must be undefined. */
  onread: (this: ConnectionHandle) => void;
  /** For whoever has taken the handle: `onread` is one function for all of them. */
  taker?: HandleReader | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  setNoDelay(noDelay: boolean): number;
  /** 0, or an error when the client is gone. */
  getpeername(into: { address?: string }): number;
  /**
   * Sends text of one byte per character. 0 when the kernel has taken it, an error when the client is gone, or something that
   * stands for what the kernel has not taken yet.
   */
  writeLatin1String(request: null, text: string): number | object;
  /** Ends our side behind what was written. 0, or an error when the client is gone. */
  shutdown(request: ShutdownRequest): number;
  close(): void;
}

/** What a handle is asked with to end its side; of a kind that node:net has and gives to nobody. */
interface ShutdownRequest {
  /** Called when our side has ended, or never will. */
  oncomplete: (status: number) => void;
}

/** Who reads from a handle. */
export interface HandleReader {
  /** Something was read, or nothing more will be. */
  read(): void;
  /** Reading it failed because of a defect: the connection is given up. */
  failed(): void;
}

/** A server of node:net, and what it calls when a connection was accepted. */
interface WithHandle {
  readonly _handle?: (Partial<ConnectionHandle> & { onconnection?: (error: number, handle: ConnectionHandle | undefined) => void }) | null;
}

const HANDLE_PARTS = ['bytesRead', 'onread', 'useUserBuffer', 'readStart', 'setNoDelay', 'getpeername', 'writeLatin1String', 'shutdown', 'close'] as const satisfies (keyof ConnectionHandle)[];

/** A socket over something that takes nothing but a request to end its side shows of which kind that is. */
function kindOfShutdownRequest(): (new () => ShutdownRequest) | undefined {
  let kind: (new () => ShutdownRequest) | undefined;
  const handle = {
    shutdown: (request: ShutdownRequest): number => {
      kind = request.constructor as new () => ShutdownRequest;
      // It is done at once: nobody is called.
      return 1;
    },
    close: (closed: () => void): void => closed(),
  };
  new Socket({ handle, manualStart: true } as unknown as SocketConstructorOpts).end().destroy();
  return kind;
}

const ShutdownRequestOfNode = kindOfShutdownRequest();

/**
 * Gives the connections of a listening server to `accept` as handles. The server makes no sockets of them from then on.
 * @param notAccepted hears of connections that the system could not accept, with its error number
 * @throws Error when this version of Node has its handles otherwise
 */
export function takeHandles(server: Server, accept: (handle: ConnectionHandle) => void, notAccepted: (error: number) => void): void {
  const handle = (server as unknown as WithHandle)._handle;
  // The handle of a server is of the same kind as those it accepts.
  if (typeof handle?.onconnection !== 'function' || HANDLE_PARTS.some((name) => !(name in handle)) || ShutdownRequestOfNode === undefined) {
    throw new Error(`Node ${process.version} keeps accepted connections in a way that is not known here: run the version that package.json names`);
  }
  handle.onconnection = (error, accepted) => {
    try {
      if (accepted === undefined) notAccepted(error);
      else accept(accepted);
    } catch (fault) {
      connectionFailed({ destroy: () => accepted?.close() }, fault);
    }
  };
}

/** Reads from a handle into the area of pendingConnections, for whoever asks last. False when the client is gone. */
export function readHandle(handle: ConnectionHandle, reader: HandleReader): boolean {
  handle.taker = reader;
  if (handle.reading === true) return true;
  handle.useUserBuffer(readArea);
  handle.onread = onRead;
  handle.reading = true;
  return handle.readStart() === 0;
}

function onRead(this: ConnectionHandle): void {
  const { taker } = this;
  try {
    taker?.read();
  } catch (fault) {
    connectionFailed({ destroy: () => taker?.failed() }, fault);
  }
}

/**
 * Sends a last text, of one byte per character, and ends our side behind it. False when the client is gone.
 * @param ended called once our side has ended, or when it never will
 */
export function endHandle(handle: ConnectionHandle, text: string, ended: () => void): boolean {
  const written = handle.writeLatin1String(null, text);
  if (typeof written === 'number' && written !== 0) return false;
  // takeHandles has seen to it that the kind is known.
  const request = new (ShutdownRequestOfNode as new () => ShutdownRequest)();
  request.oncomplete = ended;
  return handle.shutdown(request) === 0;
}

/**
 * Makes the handle a socket. Its 'data' events carry views of the shared buffer that are valid only until the listener
 * returns (shared-read-buffer.ts): without that every read costs an allocation of 64 KiB and a pass through the stream
 * machinery, a tenth of the cost of a request (docs/adr/0008-reads-into-one-buffer.md).
 */
export function socketOver(handle: ConnectionHandle, highWaterMark: number): Socket {
  handle.taker = undefined;
  const options = {
    handle,
    allowHalfOpen: true,
    highWaterMark,
    onread: {
      buffer: sharedReadBuffer,
      callback: (length: number): boolean => {
        socket.emit('data', viewOfRead(length));
        return true;
      },
    },
  };
  const socket: Socket = new Socket(options as unknown as SocketConstructorOpts);
  return socket;
}
