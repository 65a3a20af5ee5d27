// @ts-check
/** Sends one file up, and tells how far it is. */

/** A line on which nothing has moved for so long is dead, whatever the browser thinks. */
const SILENCE_MS = 40_000;

/** What the hub will not take however often it is sent. */
class Refused extends Error {
  /** @override */
  name = "Refused";
}

/**
 * The id the hub knows the file by. Rejects in words for the person.
 * @param {string} url
 * @param {File} file
 * @param {{ mostBytes: number, signal: AbortSignal, onProgress: (part: number) => void }} options `part`: 0 to 1
 * @returns {Promise<string>}
 */
export function sendUp(url, file, { mostBytes, signal, onProgress }) {
  // Told at once: whoever sends too much on a slow line would wait for long to hear it.
  if (file.size > mostBytes)
    return Promise.reject(new Refused(`has ${sizeInWords(file.size)}; at most ${sizeInWords(mostBytes)} are taken.`));
  return new Promise((resolve, reject) => {
    const body = new FormData();
    body.append("file", file, file.name);
    // Only this kind of request tells how much has gone up.
    const request = new XMLHttpRequest();
    request.responseType = "json";
    /** @type {number | undefined} */
    let silence;
    const fail = () => reject(new Error("was not sent: the hub does not answer."));
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        fail();
        request.abort();
      }, SILENCE_MS);
    };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      heard();
      onProgress(total > 0 ? loaded / total : 0);
    });
    request.addEventListener("loadend", () => clearTimeout(silence));
    request.addEventListener("error", fail);
    request.addEventListener("load", () => {
      const { response, status } = request;
      const id = response?.files?.[0]?.id;
      if (status === 201 && typeof id === "string") return resolve(id);
      const why = [response?.title, response?.detail].filter(Boolean).join(" ") || `the hub answered ${status}.`;
      reject(status >= 500 ? new Error(why) : new Refused(why));
    });
    signal.addEventListener("abort", () => {
      request.abort();
      reject(new Refused("was removed."));
    });
    heard();
    request.open("POST", url);
    request.send(body);
  });
}

const UNITS = ["bytes", "KiB", "MiB", "GiB"];

/** @param {number} bytes */
function sizeInWords(bytes) {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const size = bytes / 1024 ** step;
  return `${step === 0 ? size : Math.round(size * 10) / 10} ${UNITS[step]}`;
}
