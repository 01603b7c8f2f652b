// Let allauth's scripts make or use a passkey: the form says which with data-passkey="<their name>".
const form = document.querySelector("[data-passkey]");
const button = document.getElementById("passkey");

if (form && window.PublicKeyCredential) {
  button.hidden = false;
  const ids = {
    ...{ add: button.id, authenticate: button.id, login: button.id },
    ...{ credential: "id_credential", passwordless: "id_passwordless", data: "passkey-data" },
  };
  window.allauth.webauthn.forms[form.dataset.passkey]({ ids });
}

// Nothing is amiss when somebody closes the browser's question; the page says what else there is.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-failed").hidden = false;
});
