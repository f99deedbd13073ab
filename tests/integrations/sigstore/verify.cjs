// Verifies a bundle with Sigstore's own library, offline: node verify.cjs BUNDLE KEY.pem BLOB PREDICATE_TYPE
// As cosign verify-blob-attestation with --key and --insecure-ignore-tlog does: the signature over the envelope by this key, then the
// predicate's type, then the blob's digest among the subjects.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const modules = join(process.cwd(), "node_modules", "@sigstore");
const { bundleFromJSON } = require(join(modules, "bundle"));
const { createPublicKey } = require(join(modules, "core")).crypto;
const { Verifier, toSignedEntity, toTrustMaterial } = require(join(modules, "verify"));

const [bundlePath, keyPath, blobPath, predicateType] = process.argv.slice(2);
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, "utf8")));
const key = createPublicKey(readFileSync(keyPath, "utf8"), "spki");
const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const trusted = { ...nobody, publicKey: () => ({ publicKey: key, validFor: () => true }) };
new Verifier(trusted, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));

const envelope = bundle.content.dsseEnvelope;
if (envelope.payloadType !== "application/vnd.in-toto+json") throw new Error("payload type");
const statement = JSON.parse(envelope.payload.toString("utf8"));
if (statement.predicateType !== predicateType) throw new Error("predicate type");
const digest = createHash("sha256").update(readFileSync(blobPath)).digest("hex");
if (!statement.subject.some((one) => one.digest.sha256 === digest)) throw new Error("the blob is no subject");
console.log("Verified OK");
