import { InitialSchema1763900000000 } from './1763900000000-initial-schema.ts';

/** All migrations, oldest first. A migration that was released is never edited. */
export const migrations = [InitialSchema1763900000000];
