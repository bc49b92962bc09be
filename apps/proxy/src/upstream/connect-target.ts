import { errorMessage, guarded } from '@sluice/errors';
import { parseTargetAddress } from '@sluice/schema';
import type { LookupAddress } from 'node:dns';
import {
  connect,
  isIP,
  type LookupFunction,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls';
import { connectionFailed } from '../net/guarded-events.ts';
import type { CertificateFile, KeyPair } from '../net/key-pair.ts';
import { sharedReadBuffer, viewOfRead } from '../net/shared-read-buffer.ts';
import type { TargetAddresses } from '../names/target-addresses.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { isLocalFault } from './local-fault.ts';
import type { TargetSpec } from './target-options.ts';

/**
 * The time to connect to one address before the next is tried; the last address has the rest of the
 * connect timeout.
 */
const ATTEMPT_MS = 500;

/** The write high-water mark of a socket: two reads, as on the client side. */
const HIGH_WATER_MARK_BYTES = 131_072;

/**
 * Opens connections to one target. Tries all addresses of a name one after another (RFC 8305) and
 * resumes TLS sessions.
 */
export class TargetConnector {
  /** The event that reports that a socket is ready to write. */
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** The resolved addresses; undefined when the host is an IP address. */
  addresses: TargetAddresses | undefined = undefined;
  private readonly tls: ConnectionOptions | undefined;
  private readonly pair: KeyPair | undefined;
  private readonly certificateName: string | undefined;
  private readonly certificates: ClientCertificates | undefined;
  /** The client certificate that `context` was created with. */
  private certificate: CertificateFile | KeyPair | undefined = undefined;
  private context: SecureContext | undefined = undefined;
  private session: Buffer | undefined = undefined;

  /** @throws Error when the address is not host:port */
  constructor(spec: TargetSpec, certificates?: ClientCertificates) {
    const address = parseTargetAddress(spec.address);
    if (address === undefined)
      throw new Error(`"${spec.address}" is not host:port: correct the address of the target`);
    this.host = address.host;
    this.port = address.port;
    this.tls =
      spec.protocol === 'https' || spec.protocol === 'h2'
        ? tlsOptions(spec, address.host)
        : undefined;
    this.pair = spec.material?.pair;
    this.certificateName = spec.tls.clientCertificate;
    this.certificates = certificates;
    this.scheme = this.tls === undefined ? 'http' : 'https';
    this.readyEvent = this.tls === undefined ? 'connect' : 'secureConnect';
  }

  /**
   * Starts to connect.
   * @param onRead receives each read as a view of the shared read buffer; without it the socket is
   *   an ordinary stream
   * @param preferred the address that is tried first, if the name has it
   * @throws Error when the TLS settings are not usable
   */
  open(onRead?: (chunk: Buffer) => void, preferred?: string): Socket {
    const { host, port, addresses } = this;
    const reading = onRead === undefined ? undefined : readingInto(onRead);
    const options = {
      host,
      port,
      noDelay: true,
      highWaterMark: HIGH_WATER_MARK_BYTES,
      ...reading?.options,
      ...(addresses === undefined ? {} : byName(addresses, preferred)),
    };
    const socket = this.tls === undefined ? connect(options) : this.openTls(options, this.tls);
    if (reading !== undefined) reading.socket = socket;
    if (addresses !== undefined) watchAttempts(socket, addresses);
    return socket;
  }

  private openTls(options: TcpNetConnectOpts, tls: ConnectionOptions): Socket {
    const context = this.secureContext(tls);
    const resumed = this.session === undefined ? {} : { session: this.session };
    const socket = connectTls({ ...options, ...tls, ...resumed, secureContext: context });
    socket.on('session', (session) => {
      if (this.context === context) this.session = session;
    });
    return socket;
  }

  /**
   * Created again when the client certificate was replaced, together with the session: a session
   * resumes with its old certificate.
   */
  private secureContext({ ca, allowPartialTrustChain }: ConnectionOptions): SecureContext {
    const certificate =
      this.certificateName === undefined ? this.pair : this.certificates?.get(this.certificateName);
    if (this.context !== undefined && certificate === this.certificate) return this.context;
    const shown = certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key };
    const trusted = ca === undefined ? {} : { ca, allowPartialTrustChain };
    this.context = createSecureContext({ ...shown, ...trusted });
    this.certificate = certificate;
    this.session = undefined;
    return this.context;
  }
}

function tlsOptions(spec: TargetSpec, host: string): ConnectionOptions {
  const { cas } = spec.material ?? {};
  const { verify, serverName, caCertificates } = spec.tls;
  // An IP address must not be sent as SNI (RFC 6066 section 3); the certificate is verified against
  // it nevertheless.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    rejectUnauthorized: verify,
    ALPNProtocols: [spec.protocol === 'h2' ? 'h2' : 'http/1.1'],
    ...(servername === undefined ? {} : { servername }),
    ...(caCertificates === undefined ? {} : { ca: caCertificates }),
    // An intermediate certificate may be trusted without its root.
    ...(cas === undefined ? {} : { ca: [...cas], allowPartialTrustChain: true }),
  };
}

/**
 * Socket options that use the resolved addresses in the order of {@link TargetAddresses}, each with
 * its connect time.
 */
function byName(
  addresses: TargetAddresses,
  preferred: string | undefined,
): Pick<TcpNetConnectOpts, 'lookup' | 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'> {
  const lookup: LookupFunction = (_, __, callback) => {
    addresses.inOrder(preferred).then(
      guarded('names', (list: LookupAddress[]) => callback(null, list)),
      guarded('names', (fault: Error) => callback(fault, '')),
    );
  };
  return { lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_MS };
}

/**
 * Notes addresses that failed to connect. Exhausted local resources do not count against an
 * address.
 */
function watchAttempts(socket: Socket, addresses: TargetAddresses): void {
  socket.on('connectionAttemptFailed', (address, _, __, error) => {
    if (!isLocalFault(error)) addresses.failed(address);
  });
  socket.on('connectionAttemptTimeout', (address) => addresses.failed(address));
}

/** Socket options that pass reads to `onRead`. An exception in it destroys the socket. */
function readingInto(onRead: (chunk: Buffer) => void): {
  readonly options: { readonly onread: OnReadOpts };
  socket: Socket | undefined;
} {
  const reading = {
    socket: undefined as Socket | undefined,
    options: {
      onread: {
        buffer: sharedReadBuffer,
        callback: (length: number): boolean => {
          try {
            onRead(viewOfRead(length));
          } catch (fault) {
            connectionFailed({ destroy: () => reading.socket?.destroy() }, fault);
          }
          return true;
        },
      },
    },
  };
  return reading;
}

/**
 * Notes that the address of the socket works, and returns it; empty when the host of the target is
 * an IP address.
 */
export function noteConnected({ remoteAddress }: Socket, { addresses }: TargetConnector): string {
  if (addresses === undefined || remoteAddress === undefined) return '';
  addresses.succeeded(remoteAddress);
  return remoteAddress;
}

/** Describes a connection error for the log. */
export function describeSocketError(error: Error & { code?: string }): string {
  const message = errorMessage(error);
  return error.code === undefined || message.includes(error.code)
    ? message
    : `${error.code}: ${message}`;
}
