/**
 * A self-signed certificate for example.com, its key, and a CA, for the examples of the API's
 * documentation. The key is public, so they protect nothing.
 */
export const exampleCertificate = pem([
  '-----BEGIN CERTIFICATE-----',
  'MIIBgjCCASigAwIBAgIQAfkZ+dlC9DjaSMJieGoEzzAKBggqhkjOPQQDAjAWMRQw',
  'EgYDVQQDEwtleGFtcGxlLmNvbTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MDEwMTAw',
  'MDAwMFowFjEUMBIGA1UEAxMLZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjO',
  'PQMBBwNCAARohKliOZhTkrvhpsK5kNw0IeBedFBZdg3LtrDBPrkIyyI9cUDTWhDQ',
  'T1EevwEnbHzcJFONDYXusBCeVIW5V3emo1YwVDAMBgNVHRMBAf8EAjAAMCUGA1Ud',
  'EQQeMByCC2V4YW1wbGUuY29tgg0qLmV4YW1wbGUuY29tMB0GA1UdJQQWMBQGCCsG',
  'AQUFBwMBBggrBgEFBQcDAjAKBggqhkjOPQQDAgNIADBFAiEA9UN7RFzEEaRIMdRM',
  'Y0+bg54uu8y/JOZHn1XnBzlJhIYCIDqXgMhpNeNMVwfi84608Bi9dwy4e6DlKj5F',
  'fT2iYdrx',
  '-----END CERTIFICATE-----',
]);

export const exampleKey = pem([
  '-----BEGIN PRIVATE KEY-----',
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR8tOhH4d2pe66DnX',
  'oU7jkCHrAElVk6Zk+HPbVWizHGmhRANCAARohKliOZhTkrvhpsK5kNw0IeBedFBZ',
  'dg3LtrDBPrkIyyI9cUDTWhDQT1EevwEnbHzcJFONDYXusBCeVIW5V3em',
  '-----END PRIVATE KEY-----',
]);

export const exampleCa = pem([
  '-----BEGIN CERTIFICATE-----',
  'MIIBTDCB86ADAgECAhABQOmFLtq/LddBUI5hgnl0MAoGCCqGSM49BAMCMBUxEzAR',
  'BgNVBAMTCkV4YW1wbGUgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjA5OTAxMDEwMDAw',
  'MDBaMBUxEzARBgNVBAMTCkV4YW1wbGUgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMB',
  'BwNCAAQ/UDOh9A9N/Ug9FkLglvi7MILpHGz+xRbQ5EjhiNV1mVqPRC3gkT51pHVb',
  '2l3VK0otfMDEHoSIKJGQgh5aLj6joyMwITAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud',
  'DwEB/wQEAwIFYDAKBggqhkjOPQQDAgNIADBFAiB00g9bvl8YWkk0povPX2LELfQ0',
  'kSG/E+xYIPu/LSz8gQIhAPBzKimq4patzSY9eQ0gRKWTCKD6MuF2XdcfysCXHmXi',
  '-----END CERTIFICATE-----',
]);

function pem(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
