import { HeaderList, type FieldName } from '@sluice/http1';
import type { AuthReason } from '../auth-reason.ts';
import { ExchangeData } from '../data.ts';
import type {
  Consumer,
  Credential,
  Exchange,
  PeerCertificate,
  ResourceRef,
  RouteView,
} from '../exchange.ts';
import type { Outcome } from '../outcome.ts';
import type { Principal } from '../principal.ts';
import type { Reply } from '../reply.ts';
import type { Pipeline } from '../run/pipeline.ts';
import { hideParts } from '../run/hide-parts.ts';
import type { RequestPart } from '../request-parts.ts';
import { OutgoingRequest, type ReceivedRequest } from '../run/outgoing-request.ts';
import type { StepExchange } from '../run/steps.ts';
import { consumerOf, type TestConsumer } from './test-facts.ts';
import { TestRequestBody } from './test-request-body.ts';

/** Header fields as a test writes them. */
export type TestHeaders = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** A request. Every part has a default. */
export interface TestRequest {
  readonly method?: string;
  readonly scheme?: 'http' | 'https';
  /** Without port. */
  readonly host?: string;
  readonly path?: string;
  /** Without the question mark; an empty one means a question mark and no query. */
  readonly query?: string;
  /** The target as the client sent it; by default path and query. */
  readonly rawTarget?: string;
  readonly protocol?: '1.0' | '1.1' | '2';
  readonly headers?: TestHeaders;
  /** The content, for policies that read it. */
  readonly body?: string | Uint8Array;
  /** Bytes of content, by default those of `body`; -1 for content of unknown length. */
  readonly contentLength?: number;
  readonly clientAddress?: string;
  /** The caller, known before the policies run, as if another policy had authenticated it. */
  readonly consumer?: TestConsumer;
  /** Path parameters of the match. */
  readonly params?: Readonly<Record<string, string>>;
  /** The verified certificate of the client. */
  readonly peerCertificate?: PeerCertificate;
  /**
   * Replaces properties of the outcome that `settle` hooks see, such as
   * `{ status: 499, source: 'client', brokenOff: 'client_closed_request' }`.
   */
  readonly outcome?: Partial<Outcome>;
  /** The response of the upstream: 200 by default. */
  readonly upstream?: {
    readonly status?: number;
    readonly headers?: TestHeaders;
    readonly body?: string | Uint8Array;
  };
}

/** The gateway, route and service of the request. */
export interface TestPlace {
  readonly gateway: ResourceRef;
  readonly route: RouteView;
  readonly service: ResourceRef | undefined;
  /** Further services, for `useService`. */
  readonly services: readonly ResourceRef[];
}

/** A fault of a policy that was handled: its `onError`, shadow mode or the settle phase did. */
export interface TestFault {
  readonly policy: string;
  readonly error: unknown;
}

/** The exchange that a tester passes to policies. */
export class TestExchange implements StepExchange {
  readonly requestId: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly hasQuery: boolean;
  readonly rawTarget: string;
  readonly protocol: string;
  readonly headers: HeaderList;
  contentLength: number;
  readonly requestBody: TestRequestBody;
  /** A test waits for no client. */
  readonly contentWaitedMs = 0;
  readonly clientAddress: string;
  readonly gateway: ResourceRef;
  readonly route: RouteView;
  service: ResourceRef | undefined;
  /** What policies changed about the request to the upstream. */
  outgoing = new OutgoingRequest();
  private readonly services: readonly ResourceRef[];
  readonly params: Readonly<Record<string, string>>;
  readonly peerCertificate: PeerCertificate | undefined;
  principal: Principal | undefined = undefined;
  consumer: Consumer | undefined;
  credential: Credential | undefined;
  maxBodyBytes: number | undefined;
  data = new ExchangeData();
  readonly matched = true;
  abortController: AbortController | undefined = undefined;
  reason: string | undefined = undefined;
  stoppedBy: string | undefined = undefined;
  authPolicy: string | undefined = undefined;
  authReason: AuthReason | undefined = undefined;
  readonly isShadow = false;
  /** Faults and shadow verdicts of the whole request, also after a timeout. */
  readonly faults: TestFault[];
  readonly shadow: string[];
  private successor: TestExchange | undefined = undefined;
  private hidden: readonly RequestPart[] = [];
  private remembered: readonly {
    readonly name: string | FieldName;
    readonly value: string;
    readonly replaces: boolean;
  }[] = [];

  closestLimit: Exchange['closestLimit'] = undefined;
  readonly unauthorized: Reply;

  constructor(
    requestId: string,
    request: TestRequest,
    place: TestPlace,
    { unauthorized }: Pick<Pipeline, 'unauthorized'>,
  ) {
    this.unauthorized = unauthorized;
    this.faults = [];
    this.shadow = [];
    this.requestId = requestId;
    this.method = request.method ?? 'GET';
    this.scheme = request.scheme ?? 'http';
    this.host = request.host ?? 'api.example.com';
    this.path = request.path ?? '/';
    this.query = request.query ?? '';
    this.hasQuery = request.query !== undefined;
    const query = request.query === undefined ? '' : `?${request.query}`;
    this.rawTarget = request.rawTarget ?? `${this.path}${query}`;
    this.protocol = request.protocol ?? '1.1';
    this.headers = HeaderList.of(request.headers ?? {});
    this.requestBody = new TestRequestBody(request.body ?? '', this);
    this.contentLength = request.contentLength ?? this.requestBody.bytes.length;
    this.clientAddress = request.clientAddress ?? '203.0.113.7';
    this.gateway = place.gateway;
    this.route = place.route;
    this.service = place.service;
    this.services = place.services;
    this.params = request.params ?? {};
    this.peerCertificate = request.peerCertificate;
    this.consumer = request.consumer === undefined ? undefined : consumerOf(request.consumer);
  }

  get signal(): AbortSignal {
    this.abortController ??= new AbortController();
    return this.abortController.signal;
  }

  get current(): TestExchange {
    return this.successor === undefined ? this : this.successor.current;
  }

  /** Later changes of the policy to this object have no effect, as in the gateway. */
  withdraw(): void {
    const successor = Object.assign(
      Object.create(TestExchange.prototype) as TestExchange,
      this as TestExchange,
      {
        headers: this.headers.clone(),
        data: new ExchangeData(this.data),
        outgoing: new OutgoingRequest(this.outgoing),
        abortController: undefined,
      },
    );
    Object.assign(successor, { requestBody: this.requestBody.movedTo(successor) });
    this.successor = successor;
    this.abortController?.abort();
  }

  shadowRequestBody(): TestRequestBody {
    return this.requestBody.forShadow();
  }

  noteShadow(policy: string): void {
    this.shadow.push(policy);
  }

  notePolicyFault(policy: string, error: unknown): void {
    this.faults.push({ policy, error });
  }

  identify(consumer: Consumer, credential?: Credential): void {
    if (this.consumer !== undefined) return;
    this.consumer = consumer;
    this.credential = credential;
  }

  get claims(): Readonly<Record<string, unknown>> | undefined {
    return this.principal?.claims;
  }

  get subject(): string | undefined {
    return this.principal?.subject;
  }

  get tokenGroups(): readonly string[] | undefined {
    return this.principal?.groups;
  }

  get groupsOverage(): boolean {
    return this.principal?.groupsOverage ?? false;
  }

  accept(principal: Principal): void {
    this.principal = principal;
    if (principal.consumer !== undefined) this.identify(principal.consumer, principal.credential);
  }

  setMethod(method: string): void {
    this.outgoing.setMethod(method, this.received);
  }

  setPath(path: string): void {
    this.outgoing.setPath(path, this.received);
  }

  setQuery(query: string | undefined): void {
    this.outgoing.setQuery(query);
  }

  useService(nameOrId: string): boolean {
    const service = this.services.find(({ id, name }) => id === nameOrId || name === nameOrId);
    this.service = service ?? this.service;
    return service !== undefined;
  }

  private get received(): ReceivedRequest {
    const isMethodFixed = this.headers.has('upgrade');
    return { method: this.method, keepsEncodedSlashes: false, isMethodFixed };
  }

  limitContent(maxBodyBytes: number): void {
    this.maxBodyBytes = Math.min(this.maxBodyBytes ?? maxBodyBytes, maxBodyBytes);
  }

  hideOnForward(parts: readonly RequestPart[]): void {
    this.hidden = [...this.hidden, ...parts];
  }

  /** Removes the hidden parts from the request. */
  removeHidden(): void {
    hideParts(this, this.hidden);
  }

  addResponseHeader(name: string | FieldName, value: string): void {
    this.remembered = [...this.remembered, { name, value, replaces: false }];
  }

  setResponseHeader(name: string | FieldName, value: string): void {
    this.remembered = [...this.remembered, { name, value, replaces: true }];
  }

  /** Adds the fields that policies added to a response. */
  writeRemembered(headers: HeaderList): void {
    for (const { name, value, replaces } of this.remembered) {
      if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
}
