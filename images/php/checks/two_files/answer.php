<?php
const ANSWER = 42;
