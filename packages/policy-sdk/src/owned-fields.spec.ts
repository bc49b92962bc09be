import { HeaderList } from '@sluice/http1';
import { describe, expect, it } from '@jest/globals';
import { ownedFields } from './owned-fields.ts';

const left = (names: readonly string[], sent: readonly string[]): string[] => {
  const headers = HeaderList.of(sent.map((name): [string, string] => [name, 'forged']));
  ownedFields(names).removeFrom({ headers });
  return headers.names();
};

describe('ownedFields', () => {
  it.each(['X-User-Id', 'x-user-id', 'X_USER_ID', 'x.user.id', 'X-User_Id', 'x_user.id'])(
    'removes the field when it is sent as %s',
    (sent) => {
      for (const name of ['X-User-Id', 'x_user_id', 'X.User-Id'])
        expect(left([name, 'X-Other'], ['X-Kept', sent, sent])).toEqual(['x-kept']);
    },
  );

  it('leaves all other fields', () => {
    const sent = ['x-user', 'x-user-id-2', 'xuserid', 'x--user-id', 'a.b'];
    expect(left(['X-User-Id'], sent)).toEqual(sent);
    expect(left([], ['x-user-id'])).toEqual(['x-user-id']);
  });
});
