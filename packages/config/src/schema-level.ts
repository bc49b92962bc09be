/**
 * The level of this release's schemas. Nodes report theirs when they connect, and control planes
 * register theirs, so that releases can run side by side.
 *
 * Raise it by one, once per release, when the release adds a kind or a property to what nodes
 * receive. Mark the addition with `since: <the new level>` and keep it optional without a default:
 * what is stored then stays readable for the release before. A property that an older node may
 * serve without is `ifUnknown: 'skip'`; one that it must not ignore is `ifUnknown: 'refuse'`. With
 * `'refuse'` the node keeps its last good version of the resource; with `'omit'`, at the top of a
 * resource, it is not sent the resource at all. Never change the meaning of an existing property; add another one.
 */
export const schemaLevel = 1;
