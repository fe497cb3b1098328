/** Verifies a delivery by the headers of Standard Webhooks, which every delivery carries; without any package. Tested by test/webhooks/verify-code.test.ts. */

const typescript = `import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** body: the request body exactly as it came, before any JSON parser. secret: whsec_… as it was shown. */
export function isFromGatehouse(body: Buffer, headers: IncomingHttpHeaders, secret: string): boolean {
  const id = String(headers['webhook-id']);
  const timestamp = String(headers['webhook-timestamp']);
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const key = Buffer.from(secret.split('whsec_')[1] ?? '', 'base64');
  if (key.length < 24) throw new Error('The secret of the webhook is not set.');
  const expected = createHmac('sha256', key).update(\`\${id}.\${timestamp}.\`).update(body).digest();
  return String(headers['webhook-signature']).split(' ').some((one) => {
    const [version, text = ''] = one.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}`;

const python = `import base64
import hashlib
import hmac
import time


def is_from_gatehouse(body: bytes, headers, secret: str) -> bool:
    """body: the request body exactly as it came, before any JSON parser. secret: whsec_... as it was shown."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.partition("whsec_")[2])
    if len(key) < 24:
        raise ValueError("The secret of the webhook is not set.")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    signatures = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, one.encode()) for one in signatures)`;

const go = `package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// IsFromGatehouse verifies a delivery. body is the request body exactly as it came, secret is whsec_… as it was shown.
func IsFromGatehouse(body []byte, headers http.Header, secret string) (bool, error) {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false, nil
	}
	_, encoded, _ := strings.Cut(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) < 24 {
		return false, errors.New("the secret of the webhook is not set")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, one := range strings.Fields(headers.Get("webhook-signature")) {
		if hmac.Equal([]byte(one), []byte(expected)) {
			return true, nil
		}
	}
	return false, nil
}`;

const java = `import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class GatehouseWebhook {
  /**
   * body: the request body exactly as it came. id, timestamp, signature: the headers webhook-id, webhook-timestamp and
   * webhook-signature, "" where one is absent. secret: whsec_… as it was shown.
   */
  public static boolean isGenuine(byte[] body, String id, String timestamp, String signature, String secret)
      throws GeneralSecurityException {
    if (!timestamp.matches("[0-9]{1,12}")) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) return false;
    int start = secret.indexOf("whsec_");
    byte[] key = start < 0 ? new byte[0] : Base64.getDecoder().decode(secret.substring(start + 6));
    if (key.length < 24) throw new IllegalStateException("The secret of the webhook is not set.");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    String text = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    byte[] expected = text.getBytes(StandardCharsets.UTF_8);
    for (String one : signature.split(" ")) {
      if (MessageDigest.isEqual(expected, one.getBytes(StandardCharsets.UTF_8))) return true;
    }
    return false;
  }
}`;

const csharp = `using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class GatehouseWebhook
{
    /// <summary>
    /// body: the request body exactly as it came. id, timestamp, signature: the headers webhook-id, webhook-timestamp
    /// and webhook-signature. secret: whsec_… as it was shown.
    /// </summary>
    public static bool IsGenuine(byte[] body, string id, string timestamp, string signature, string secret)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) > 300) return false;
        var start = secret.IndexOf("whsec_", StringComparison.Ordinal);
        var key = start < 0 ? Array.Empty<byte>() : Convert.FromBase64String(secret.Substring(start + 6));
        if (key.Length < 24) throw new InvalidOperationException("The secret of the webhook is not set.");
        var signed = Encoding.UTF8.GetBytes(id + "." + timestamp + ".").Concat(body).ToArray();
        var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
        return signature.Split(' ').Any(one =>
            CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(one)));
    }
}`;

export const verifyCodes = [
  { language: 'TypeScript', code: typescript },
  { language: 'Python', code: python },
  { language: 'Go', code: go },
  { language: 'Java', code: java },
  { language: 'C#', code: csharp },
] as const;
