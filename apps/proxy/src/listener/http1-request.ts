import type { ErrorCode } from '@sluice/errors';
import { keepEncodedSlash, type HeaderList, type RequestParser } from '@sluice/http1';
import type { PeerCertificate } from '@sluice/policy-sdk';
import type { Socket } from 'node:net';
import { peerCertificateOf } from '../net/peer-certificate.ts';
import type { SocketWriter } from '../net/socket-writer.ts';
import { noContent, type ContentSource } from '../net/content.ts';
import { countDownForwards, MALFORMED_MAX_FORWARDS } from './max-forwards.ts';
import { refusalOfMethod } from './refusal.ts';
import type { RequestReader } from './request-reader.ts';

/** Why the listener refuses a request. */
export interface RequestFault {
  readonly error: ErrorCode;
  readonly reason: string;
}

/**
 * The request fields of `Downstream` for an HTTP/1.1 connection, and how they are read from a
 * parsed head. The connection is one object with its request, so that a request allocates none.
 */
export abstract class Http1Request {
  readonly encrypted: boolean;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localPort: number;
  protocol: '1.0' | '1.1' = '1.1';
  method = '';
  path = '';
  query = '';
  hasQuery = false;
  rawTarget = '';
  hasEncodedSlash = false;
  host = '';
  authority = '';
  readonly headers: HeaderList;
  content: ContentSource = noContent;
  wantsUpgrade = false;
  expectsContinue = false;
  readonly isGrpc = false;
  readonly grpcStatus = -1;
  maxBodyBytes = 0;
  protected readonly socket: Socket;
  protected readonly parser: RequestParser;
  protected abstract readonly reader: RequestReader;
  protected abstract readonly writer: SocketWriter;

  constructor(socket: Socket, peerAddress: string, encrypted: boolean, parser: RequestParser) {
    this.socket = socket;
    this.encrypted = encrypted;
    this.peerAddress = peerAddress;
    this.peerPort = socket.remotePort ?? 0;
    this.localPort = socket.localPort ?? 0;
    this.parser = parser;
    this.headers = parser.headers;
  }

  get peerCertificate(): PeerCertificate | undefined {
    return peerCertificateOf(this.socket);
  }

  get bytesReceived(): number {
    return this.reader.bytesReceived;
  }

  set bytesReceived(bytes: number) {
    this.reader.bytesReceived = bytes;
  }

  get bytesSent(): number {
    return this.writer.bytesSent;
  }

  set bytesSent(bytes: number) {
    this.writer.bytesSent = bytes;
  }

  /**
   * Takes the request fields from the head that the parser has completed.
   * @returns 'forward' for the request handler, 'answer' for an OPTIONS request that the listener
   *   answers itself (`*`, or Max-Forwards: 0), or the fault for which the listener refuses the
   *   request
   */
  protected readRequest(maxBodyBytes: number): 'forward' | 'answer' | RequestFault {
    const { parser } = this;
    this.protocol = parser.versionMinor === 1 ? '1.1' : '1.0';
    this.method = parser.method;
    this.host = parser.host;
    this.authority = parser.authority;
    this.content = this.reader.content ?? noContent;
    this.wantsUpgrade = parser.upgrade !== undefined;
    this.expectsContinue = parser.expectContinue;
    this.maxBodyBytes = maxBodyBytes;
    this.path = '';
    this.query = '';
    this.hasQuery = false;
    this.rawTarget = parser.target;
    const error = refusalOfMethod(parser.method);
    if (error !== undefined) return { error, reason: `the method ${parser.method} is not served` };
    const fault = parser.readTarget(this, keepEncodedSlash);
    if (fault !== undefined) return fault;
    if (parser.method !== 'OPTIONS') return 'forward';
    const verdict = countDownForwards(parser.headers);
    if (verdict === 'invalid')
      return { error: 'malformed_request', reason: MALFORMED_MAX_FORWARDS };
    return verdict === 'end' || this.path === '*' ? 'answer' : 'forward';
  }
}
