const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const form =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/**
 * Reads a date in the form IMF-fixdate (RFC 9110 section 5.6.7).
 * @returns milliseconds since the epoch; undefined for other text and for days that do not exist
 */
export function httpDateMs(text: string): number | undefined {
  const [, day, month = '', year, hour, minute, second] = form.exec(text) ?? [];
  const at = Date.UTC(
    Number(year),
    months.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC moves 31 Feb to March.
  return Number.isFinite(at) && new Date(at).toUTCString() === text ? at : undefined;
}
