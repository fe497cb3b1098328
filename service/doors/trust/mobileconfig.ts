import { createHash } from 'node:crypto';

/** A configuration profile of Apple's systems with one root certificate (DER). The same certificate gives the same profile. */
export function mobileconfig(der: Uint8Array): string {
  const digest = createHash('sha256').update(der).digest('hex');
  const id = digest.slice(0, 16);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadContent</key>
<array>
<dict>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>gatehouse.authority.${id}.certificate</string>
<key>PayloadUUID</key><string>${uuidOf(digest.slice(0, 32))}</string>
<key>PayloadDisplayName</key><string>Gatehouse certificate authority</string>
<key>PayloadCertificateFileName</key><string>gatehouse-ca.cer</string>
<key>PayloadContent</key><data>${Buffer.from(der).toString('base64')}</data>
</dict>
</array>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>gatehouse.authority.${id}</string>
<key>PayloadUUID</key><string>${uuidOf(digest.slice(32))}</string>
<key>PayloadDisplayName</key><string>Gatehouse</string>
<key>PayloadDescription</key><string>Lets this device trust a Gatehouse appliance in your network.</string>
<key>PayloadRemovalDisallowed</key><false/>
</dict>
</plist>
`;
}

const uuidOf = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5').toUpperCase();
