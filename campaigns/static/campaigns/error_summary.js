// Put the keyboard where the errors are told, as the page was sent again because of them.
document.querySelector("[data-focus]")?.focus();
