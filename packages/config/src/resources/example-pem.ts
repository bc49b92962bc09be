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
  'MIIBPjCB5KADAgECAgEBMAoGCCqGSM49BAMCMBUxEzARBgNVBAMTCkV4YW1wbGUg',
  'Q0EwIBcNMjAwMTAxMDAwMDAwWhgPMjA5OTAxMDEwMDAwMDBaMBUxEzARBgNVBAMT',
  'CkV4YW1wbGUgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASyDvK3WvoMIV1B',
  'PdHjYs5HZcsAjArdeFABUCbuQNeklH7yGZCpX8OiTMy3r89oMZly69yEE9h7BRNa',
  'X9MIHKfKoyMwITAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggq',
  'hkjOPQQDAgNJADBGAiEAm2dE1Wad48mNjqjY2U/8f+TCNxCOeE/PodKPrclr8YYC',
  'IQDesoU8Ptr3Oz/NWd7wwOUnF9CTbCNgp5cwKEOa1G+Bxw==',
  '-----END CERTIFICATE-----',
]);

function pem(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
