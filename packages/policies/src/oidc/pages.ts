import { problem, problemMediaType } from '@sluice/errors';
import {
  deny,
  reply,
  type Exchange,
  type HeaderPair,
  type OwnError,
  type Reply,
} from '@sluice/policy-sdk';
import { isForPerson } from './navigation.ts';

type Denied = Parameters<typeof deny>[0];

/**
 * Fields of every page: nothing may be loaded, and no other page may show it in a frame. Browsers
 * apply `form-action` to redirects as well, and a logout leads to the provider.
 */
const pageFields: readonly HeaderPair[] = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
  // With `no-referrer`, the form of a page would be sent with the origin `null`.
  ['Referrer-Policy', 'same-origin'],
];
const noStore: HeaderPair = ['Cache-Control', 'no-store'];

/** A link on a page. */
export interface PageLink {
  readonly url: string;
  readonly text: string;
}

/** A refusal at a URL of the policy: a page for a person, a problem document for a program. */
export function refusal(
  exchange: Exchange,
  error: Denied | OwnError,
  detail: string,
  headers: readonly HeaderPair[],
  link?: PageLink,
): Reply {
  return forReader(exchange, deny(error, detail, [...headers, noStore]), link);
}

/**
 * Adds the content to a refusal: a page with a link for a person. For a program, the problem
 * document has the member `loginUrl`.
 */
export function withLogin(exchange: Exchange, denial: Reply, link: PageLink): Reply {
  const stored = { ...denial, headers: [...denial.headers, noStore] };
  if (isForPerson(exchange)) return forReader(exchange, stored, link);
  const { code = 'unauthorized', detail, error } = denial;
  // gRPC clients read the status from trailers, which the gateway writes for replies without content.
  const isGrpc = exchange.headers.get('content-type')?.startsWith('application/grpc') === true;
  if (error === undefined || isGrpc) return stored;
  const document = problem(code, { detail, requestId: exchange.requestId }, error);
  return {
    ...stored,
    headers: [...stored.headers, ['Content-Type', problemMediaType]],
    content: JSON.stringify({ ...document, loginUrl: link.url }),
  };
}

/** Asks a person who came from another site whether to log out. */
export function logoutQuestion(path: string): Reply {
  const form = `<form method="post" action="${escaped(path)}"><button>Log out</button></form>`;
  return reply(200, [...pageFields, noStore], page('Do you want to log out?', form));
}

/** A redirect that no cache keeps. */
export function redirect(
  status: 302 | 303,
  to: string,
  headers: readonly HeaderPair[] = [],
): Reply {
  return reply(status, [['Location', to], noStore, ...headers]);
}

function forReader(exchange: Exchange, denial: Reply, link: PageLink | undefined): Reply {
  if (!isForPerson(exchange)) return denial;
  const title = denial.error?.title ?? 'The request was refused';
  const paragraphs = [
    escaped(denial.detail ?? ''),
    link === undefined ? '' : `<a href="${escaped(link.url)}">${escaped(link.text)}</a>`,
    `Request ${escaped(exchange.requestId)}`,
  ];
  const content = paragraphs.filter((each) => each !== '').map((each) => `<p>${each}</p>`);
  return {
    ...denial,
    headers: [...denial.headers, ...pageFields],
    content: page(title, content.join('')),
  };
}

function page(title: string, content: string): string {
  const heading = escaped(title);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${heading}</title><h1>${heading}</h1>${content}</html>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
