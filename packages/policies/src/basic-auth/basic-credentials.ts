import { passwordFault } from '@sluice/passwords';
import type { Exchange, FieldName } from '@sluice/policy-sdk';

/** User name and password of a request. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** The form is longer than any user name and password that can be valid. */
const maxLength = 4_096;
const maxUsernameLength = 255;
/** The scheme Basic alone: the scheme of `Basically x` is another one (RFC 9110, section 11.4). */
const isBasic = /^basic(?![!#$%&'*+.^_`|~\w-])/i;
const form = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the credentials of the scheme Basic (RFC 7617) from the Authorization fields of a request.
 * @returns undefined when there are none, `'invalid'` when they are not well-formed or when there
 *   are two different ones
 */
export function basicCredentialsOf(
  headers: Exchange['headers'],
  authorization: FieldName,
): BasicCredentials | 'invalid' | undefined {
  if (!headers.has(authorization)) return undefined;
  const values = headers.getAll(authorization).filter((value) => isBasic.test(value));
  const [first] = values;
  if (first === undefined) return undefined;
  if (values.some((value) => value !== first) || first.length > maxLength) return 'invalid';
  const encoded = form.exec(first)?.[1];
  return encoded === undefined ? 'invalid' : (decode(encoded) ?? 'invalid');
}

/** User name and password are separated by the first colon; both are UTF-8. */
function decode(encoded: string): BasicCredentials | undefined {
  const text = textOf(encoded);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  const username = text.slice(0, colon);
  const password = text.slice(colon + 1);
  const isValid =
    username.length <= maxUsernameLength &&
    !/\p{Cc}/u.test(username) &&
    passwordFault(password) === undefined;
  return isValid ? { username, password } : undefined;
}

function textOf(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  // Node ignores what is not base64; other decoders may read other credentials from such text.
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
