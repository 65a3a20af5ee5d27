/** Why a call came to nothing, in words. Pure. */
const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it hung up",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "it cannot be reached",
  ENETUNREACH: "it cannot be reached",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is another site's",
};

/** Of the code of an error of Node; undefined for one that says nothing to people. */
export function failureWords(code: string): string | undefined {
  return WORDS[code] ?? (/CERT|SSL|TLS|SIGNED|ISSUER/.test(code) ? "its certificate is not valid" : undefined);
}
