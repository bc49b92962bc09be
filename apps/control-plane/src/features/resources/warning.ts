/** The codes of all warnings. */
export const warningCodes = ['route_shadowed', 'certificate_not_valid_yet'] as const;

/** A hint about a problem with a write that succeeded. */
export interface Warning {
  readonly code: (typeof warningCodes)[number];
  readonly detail: string;
}
