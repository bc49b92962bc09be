import { FieldName, type HeaderList } from '@sluice/http1';
import { QueryParameters, type RequestPart } from '../request-parts.ts';
import { OutgoingRequest } from './outgoing-request.ts';

/** The request from which parts are removed. */
interface ForwardedRequest {
  readonly headers: HeaderList;
  /** The query of the client. */
  readonly query: string;
  readonly hasQuery: boolean;
  outgoing: OutgoingRequest | undefined;
}

/** Removes parts of the request from what the upstream receives; see `Exchange.hideOnForward`. */
export function hideParts(request: ForwardedRequest, parts: readonly RequestPart[]): void {
  for (const part of parts) {
    if (part instanceof FieldName) request.headers.remove(part);
    else if (part instanceof QueryParameters) hideParameters(request, part);
    else part.removeFrom(request.headers);
  }
}

function hideParameters(request: ForwardedRequest, parameters: QueryParameters): void {
  const { outgoing } = request;
  const hasOwn = outgoing?.hasOwnQuery === true;
  const query = hasOwn ? outgoing.query : request.hasQuery ? request.query : undefined;
  if (query === undefined || query === '') return;
  const rest = parameters.without(query);
  if (rest !== query) (request.outgoing ??= new OutgoingRequest()).replaceQuery(rest);
}
