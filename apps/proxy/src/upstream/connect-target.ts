import { parseTargetAddress } from '@sluice/schema';
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { sharedReadBuffer, viewOfRead } from '../listener/shared-read-buffer.ts';
import type { ClientCertificate, ClientCertificates } from './client-certificates.ts';
import type { TargetSpec } from './target-options.ts';

/** What a socket may hold before its writer is told to wait: two reads, as on the client's side. */
const HIGH_WATER_MARK_BYTES = 131_072;

/**
 * Opens connections to one target. Names are resolved anew for each, all addresses of a name are tried (RFC 8305), and
 * TLS sessions are resumed.
 */
export class TargetConnector {
  /** The event of a socket that is ready to be written to. */
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  private readonly tls: ConnectionOptions | undefined;
  private readonly certificateName: string | undefined;
  private readonly certificates: ClientCertificates | undefined;
  /** The one that `context` was made with. */
  private certificate: ClientCertificate | undefined = undefined;
  private context: SecureContext | undefined = undefined;
  private session: Buffer | undefined = undefined;

  /** @throws Error when the address is not host:port */
  constructor(spec: TargetSpec, certificates?: ClientCertificates) {
    const address = parseTargetAddress(spec.address);
    if (address === undefined) throw new Error(`"${spec.address}" is not host:port: correct the address of the target`);
    this.host = address.host;
    this.port = address.port;
    this.tls = spec.protocol === 'https' || spec.protocol === 'h2' ? tlsOptions(spec, address.host) : undefined;
    this.certificateName = spec.tls.clientCertificate;
    this.certificates = certificates;
    this.scheme = this.tls === undefined ? 'http' : 'https';
    this.readyEvent = this.tls === undefined ? 'connect' : 'secureConnect';
  }

  /**
   * Begins to connect.
   * @param onRead takes each read, as a view into the shared read buffer; without it the socket is an ordinary stream
   * @throws Error when the TLS settings are not usable
   */
  open(onRead?: (chunk: Buffer) => void): Socket {
    const { host, port } = this;
    const options = { host, port, noDelay: true, highWaterMark: HIGH_WATER_MARK_BYTES, ...(onRead === undefined ? {} : { onread: readingInto(onRead) }) };
    if (this.tls === undefined) return connect(options);
    const context = this.secureContext(this.tls);
    const resumed = this.session === undefined ? {} : { session: this.session };
    const socket = connectTls({ ...options, ...this.tls, ...resumed, secureContext: context });
    socket.on('session', (session) => {
      if (this.context === context) this.session = session;
    });
    return socket;
  }

  /** Made once, and anew when the client certificate has been replaced; a session of the old one would bring the old one back. */
  private secureContext({ ca }: ConnectionOptions): SecureContext {
    const certificate = this.certificateName === undefined ? undefined : this.certificates?.get(this.certificateName);
    if (this.context !== undefined && certificate === this.certificate) return this.context;
    const shown = certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key };
    this.context = createSecureContext({ ...shown, ...(ca === undefined ? {} : { ca }) });
    this.certificate = certificate;
    this.session = undefined;
    return this.context;
  }
}

function tlsOptions(spec: TargetSpec, host: string): ConnectionOptions {
  const { verify, serverName, caCertificates } = spec.tls;
  // An IP address cannot be sent as SNI (RFC 6066 section 3); it is verified all the same.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    rejectUnauthorized: verify,
    ALPNProtocols: [spec.protocol === 'h2' ? 'h2' : 'http/1.1'],
    ...(servername === undefined ? {} : { servername }),
    ...(caCertificates === undefined ? {} : { ca: caCertificates }),
  };
}

function readingInto(onRead: (chunk: Buffer) => void): OnReadOpts {
  return {
    buffer: sharedReadBuffer,
    callback: (length) => {
      onRead(viewOfRead(length));
      return true;
    },
  };
}

/** What a connection error says, for the log. */
export function describeSocketError(error: Error & { code?: string }): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.code === undefined || error.message.includes(error.code) ? error.message : `${error.code}: ${error.message}`;
}
