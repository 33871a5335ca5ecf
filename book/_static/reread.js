// Every page works without this file; what it adds is comfort.
"use strict";
