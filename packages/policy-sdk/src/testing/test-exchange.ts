import { HeaderList, type FieldName } from '@sluice/http1';
import type { Consumer, Credential, Exchange, ResourceRef, RouteView } from '../exchange.ts';
import { consumerOf, type TestConsumer } from './test-facts.ts';

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
  readonly headers?: TestHeaders;
  /** Bytes of content; -1 for content of unknown length. */
  readonly contentLength?: number;
  readonly clientAddress?: string;
  /** The caller, known before the policies run, as if another policy had authenticated it. */
  readonly consumer?: TestConsumer;
  /** The response of the upstream: 200 by default. */
  readonly upstream?: { readonly status?: number; readonly headers?: TestHeaders };
}

/** The gateway, route and service of the request. */
export interface TestPlace {
  readonly gateway: ResourceRef;
  readonly route: RouteView;
  readonly service: ResourceRef | undefined;
}

/** The exchange that a tester passes to policies. */
export class TestExchange implements Exchange {
  readonly requestId: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly hasQuery: boolean;
  readonly headers: HeaderList;
  readonly contentLength: number;
  readonly clientAddress: string;
  readonly gateway: ResourceRef;
  readonly route: RouteView;
  readonly service: ResourceRef | undefined;
  consumer: Consumer | undefined;
  credential: Credential | undefined;
  maxBodyBytes: number | undefined;
  readonly matched = true;
  readonly signal: AbortSignal = new AbortController().signal;
  private readonly hidden: FieldName[] = [];
  private readonly remembered: {
    readonly name: string | FieldName;
    readonly value: string;
    readonly replaces: boolean;
  }[] = [];

  closestLimit: Exchange['closestLimit'] = undefined;

  constructor(requestId: string, request: TestRequest, place: TestPlace) {
    this.requestId = requestId;
    this.method = request.method ?? 'GET';
    this.scheme = request.scheme ?? 'http';
    this.host = request.host ?? 'api.example.com';
    this.path = request.path ?? '/';
    this.query = request.query ?? '';
    this.hasQuery = request.query !== undefined;
    this.headers = HeaderList.of(request.headers ?? {});
    this.contentLength = request.contentLength ?? 0;
    this.clientAddress = request.clientAddress ?? '203.0.113.7';
    this.gateway = place.gateway;
    this.route = place.route;
    this.service = place.service;
    this.consumer = request.consumer === undefined ? undefined : consumerOf(request.consumer);
  }

  identify(consumer: Consumer, credential: Credential): void {
    if (this.consumer !== undefined) return;
    this.consumer = consumer;
    this.credential = credential;
  }

  limitContent(maxBodyBytes: number): void {
    this.maxBodyBytes = Math.min(this.maxBodyBytes ?? maxBodyBytes, maxBodyBytes);
  }

  hideOnForward(names: readonly FieldName[]): void {
    this.hidden.push(...names);
  }

  /** Removes the hidden fields from the request. */
  removeHidden(): void {
    for (const name of this.hidden) this.headers.remove(name);
  }

  addResponseHeader(name: string | FieldName, value: string): void {
    this.remembered.push({ name, value, replaces: false });
  }

  setResponseHeader(name: string | FieldName, value: string): void {
    this.remembered.push({ name, value, replaces: true });
  }

  /** Adds the fields that policies added to a response. */
  writeRemembered(headers: HeaderList): void {
    for (const { name, value, replaces } of this.remembered) {
      if (replaces) headers.set(name, value);
      else headers.add(name, value);
    }
  }
}
