import { basicCredential, fieldErrors } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import { passwordFault } from '@sluice/passwords';
import { contentFault } from '../../../platform/http/content-fault.ts';
import type { Content, CredentialHandler, HandlerServices } from './credential-handler.ts';

const secretShape = basicCredential.input.pick({ password: true, passwordHash: true });

/** User name and password. The password is hashed and never shown; PATCH may change it. */
export const basicHandler: CredentialHandler = {
  type: 'basic',
  changeable: ['password', 'passwordHash'],
  secretInput: ['password'],
  faults: (content) =>
    content['password'] === undefined && content['passwordHash'] === undefined
      ? [{ pointer: '/password', detail: 'is required, unless `passwordHash` is given' }]
      : secretFaults(content),
  create: async (content, services) => ({ stored: await withHash(content, services) }),
  async change(patch, services) {
    const { password, passwordHash } = patch;
    if (password === undefined && passwordHash === undefined) return patch;
    const parsed = secretShape.safeParse({
      ...(password === undefined ? {} : { password }),
      ...(passwordHash === undefined ? {} : { passwordHash }),
    });
    const errors = parsed.success ? secretFaults(patch) : fieldErrors(parsed.error);
    if (errors.length > 0) throw contentFault(errors);
    return withHash(patch, services);
  },
};

function secretFaults({ password, passwordHash }: Content): FieldError[] {
  if (password !== undefined && passwordHash !== undefined)
    return [{ pointer: '/passwordHash', detail: 'cannot be combined with `password`' }];
  const fault = typeof password === 'string' ? passwordFault(password) : undefined;
  return fault === undefined ? [] : [{ pointer: '/password', detail: fault }];
}

/** Replaces the password by its hash; an imported hash stays. */
async function withHash(
  { password, ...rest }: Content,
  { passwords }: HandlerServices,
): Promise<Content> {
  if (typeof password !== 'string') return rest;
  return { ...rest, passwordHash: await passwords.hash(password) };
}
