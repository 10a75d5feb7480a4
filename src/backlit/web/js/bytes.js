// Numbers travel as base64 of their bytes, little-endian: exact, NaN and infinity included.

export function bytes(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// Text that Python's `zlib` has packed: drawings repeat themselves a great deal.
export async function unpacked(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

const KINDS = {f8: Float64Array, f4: Float32Array};

export function numbers(text, kind = "f8") {
  return Float64Array.from(new KINDS[kind](bytes(text).buffer));
}
