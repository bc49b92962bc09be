/**
 * Compares the results of our parser and of the native one for the same bytes. Ours may refuse more
 * and must never accept more: the native one must also report every message that ours reports, with
 * the same fields, body and end.
 */
import { isKnownMethod } from '../src/index.ts';
import type { CollectedMessage, Conversation } from './collect.ts';

/** `same`; or the fault by which ours is stricter; or `failure` with the difference. */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'stricter'; readonly by: string }
  | { readonly kind: 'failure'; readonly difference: string };

const SAME: Verdict = { kind: 'same' };
const stricter = (by: string): Verdict => ({ kind: 'stricter', by });
const failure = (difference: string): Verdict => ({ kind: 'failure', difference });

/**
 * After the last message of a connection, the native parser reports an error for further bytes;
 * ours does not read them.
 */
const AFTER_CLOSE = 'HPE_CLOSED_CONNECTION';

function sameFields(
  ours: CollectedMessage['fields'],
  theirs: CollectedMessage['fields'],
  dropsUnderscores: boolean,
): boolean {
  const kept = dropsUnderscores ? theirs.filter(([name]) => !name.includes('_')) : theirs;
  return JSON.stringify(ours) === JSON.stringify(kept);
}

/**
 * Compares one conversation. `isRequest` determines the form of start lines, and which names are
 * dropped.
 */
export function compare(ours: Conversation, theirs: Conversation, isRequest: boolean): Verdict {
  const theirFault = theirs.fault === AFTER_CLOSE ? undefined : theirs.fault;
  for (let at = 0; at < ours.messages.length; at++) {
    const our = ours.messages[at] as CollectedMessage;
    const their = theirs.messages[at];
    if (isRequest && !isKnownMethod(our.start.split(' ', 1)[0] as string))
      return stricter('unknown_method');
    if (their === undefined)
      return failure(`ours accepts the head of message ${at}, theirs does not (${theirs.fault})`);
    const ourStart = isRequest ? our.start.split(' ').slice(0, 3).join(' ') : our.start;
    if (ourStart !== their.start)
      return failure(`start of message ${at}: ${ourStart} / ${their.start}`);
    if (!sameFields(our.fields, their.fields, isRequest)) return failure(`fields of message ${at}`);
    if (our.upgraded !== their.upgraded) {
      return isRequest && !our.upgraded
        ? stricter('upgrade_ignored')
        : failure(`upgrade of message ${at}`);
    }
    if (our.upgraded)
      return ours.rest === theirs.rest ? SAME : failure(`bytes after the upgrade in message ${at}`);
    const isLast = at === ours.messages.length - 1;
    if (isLast && ours.fault !== undefined && !our.ended)
      return compareCutShort(our, their, ours.fault, theirFault, isRequest);
    if (our.body !== their.body || our.ended !== their.ended)
      return failure(`body of message ${at} (${theirs.fault})`);
    if (!sameFields(our.trailers, their.trailers, isRequest))
      return failure(`trailers of message ${at}`);
    if (our.ended && their.keepAlive !== undefined && our.keepAlive !== their.keepAlive) {
      return our.keepAlive
        ? failure(`message ${at} keeps the connection`)
        : stricter('closes_earlier');
    }
  }
  const accepted = theirs.messages.length > ours.messages.length;
  if (accepted)
    return ours.fault === undefined
      ? failure('theirs accepts one message more')
      : stricter(ours.fault);
  if (!isRequest && ours.fault !== undefined && theirFault === undefined)
    return stricter(ours.fault);
  return SAME;
}

/** Ours stopped within a body. */
function compareCutShort(
  our: CollectedMessage,
  their: CollectedMessage,
  ourFault: string,
  theirFault: string | undefined,
  isRequest: boolean,
): Verdict {
  if (!their.body.startsWith(our.body)) return failure(`body before the fault ${ourFault}`);
  if (isRequest && theirFault === undefined && !their.ended && their.body === our.body) return SAME;
  return their.ended || theirFault === undefined ? stricter(ourFault) : SAME;
}
