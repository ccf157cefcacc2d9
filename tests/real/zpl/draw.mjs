// Draws every label of a ZPL job as PNG: node draw.mjs JOB WIDTH_MM HEIGHT_MM DOTS_PER_MM OUT-PREFIX
import { readFileSync, writeFileSync } from "node:fs";
import { ready } from "zpl-renderer-js";

const [job, width, height, dpmm, prefix] = process.argv.slice(2);
const { api } = await ready;
const labels = await api.zplToBase64MultipleAsync(readFileSync(job, "utf8"), Number(width), Number(height), Number(dpmm));
labels.forEach((png, index) => writeFileSync(`${prefix}-${index}.png`, Buffer.from(png, "base64")));
console.log(labels.length);
