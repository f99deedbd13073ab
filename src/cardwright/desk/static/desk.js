// Asks for a passkey where a page has a form for it, and computes digests of files that are chosen; other pages have no script.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (data) => btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const csrf = document.querySelector("meta[name=csrf]").content;

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF": csrf }, body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({ error: "the desk did not answer", do: "Try again." }));
    if (!answer.ok) throw new Error([said.error, said.do].filter(Boolean).join(". "));
    return said;
  };

  const created = async (asked) => {
    const made = await navigator.credentials.create({
      publicKey: { ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) } },
    });
    return {
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) },
    };
  };

  const signed = async (asked) => {
    const allowed = asked.allowCredentials.map((one) => ({ ...one, id: bytes(one.id) }));
    const made = await navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: allowed },
    });
    return {
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: {
        clientDataJSON: text(made.response.clientDataJSON), authenticatorData: text(made.response.authenticatorData),
        signature: text(made.response.signature),
      },
    };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const said = form.querySelector("[role=status]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      said.textContent = "Waiting for your passkey …";
      try {
        let step = form.dataset.options
          ? { secret: form.dataset.secret, get: JSON.parse(form.dataset.options), then: form.dataset.passkey }
          : await post(form.dataset.passkey, {});
        while (step.then) {
          const credential = step.create ? await created(step.create) : await signed(step.get);
          step = await post(step.then, { secret: step.secret, credential });
        }
        said.textContent = "Done.";
        location.assign(step.next);
      } catch (error) {
        said.textContent = error.name === "NotAllowedError" ? "Nothing was signed." : error.message;
        button.disabled = false;
      }
    });
  }

  // Files stay on this machine: what is sent is the text that `sha256sum` would print.
  for (const form of document.querySelectorAll("form[data-digests]")) {
    const chosen = form.querySelector("input[type=file]"), lines = form.querySelector("textarea[name=files]");
    chosen.addEventListener("change", async () => {
      const hex = (data) => Array.from(new Uint8Array(data), (one) => one.toString(16).padStart(2, "0")).join("");
      const told = [];
      for (const file of chosen.files) {
        told.push(`${hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()))}  ${file.webkitRelativePath || file.name}`);
      }
      lines.value = told.join("\n");
    });
  }
})();
